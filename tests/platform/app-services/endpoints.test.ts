import { createHmac } from "node:crypto";
import { SECRETS, SERVER_KEY, TestBed, type RuntimeUnderTest } from "./runtime-under-test";

let bed: TestBed;
let under: RuntimeUnderTest;
let base: string;

beforeAll(async () => {
  bed = await TestBed.open();
  under = await bed.start();
  base = `${under.runtime.baseUrl}/app/${under.runtime.appId}/endpoint`;
});
afterAll(() => bed.close());

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${base}${path}`, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  const json: Record<string, unknown> = isJson ? JSON.parse(bytes.toString()) : {};
  return { status: response.status, headers: response.headers, bytes, json };
}

const sign = (body: Uint8Array): string =>
  `sha256=${createHmac("sha256", SECRETS["hook-secret"]).update(body).digest("hex")}`;

describe("requests", () => {
  test.each([
    ["text that is no JSON", Buffer.from('{"a": 1,\r\n  "a":2 }  \n')],
    ["bytes that are no text", Buffer.from([0x00, 0xff, 0xfe, 0x80, 0x0a])],
    ["a byte order mark", Buffer.from("\ufeff{}")],
  ])("%s reach the function byte by byte, whatever the content type says", async (_, body) => {
    for (const type of ["application/json", "text/plain", "application/octet-stream", "made/up"]) {
      const { json } = await ask("/bytes", { method: "POST", body, headers: { "Content-Type": type } });
      expect(json["hex"]).toBe(body.toString("hex"));
    }
  });

  test("headers have canonical names and lists, the query its first values", async () => {
    const { json } = await ask("/bytes?a=1&a=2&b=%C3%A4&__proto__=x", {
      method: "POST",
      body: "x",
      headers: { "content-type": "text/plain", "x-custom-thing": "yes" },
    });
    expect(json).toMatchObject({
      contentType: ["text/plain"],
      custom: ["yes"],
      query: { a: "1", b: "ä" },
      user: "system",
    });
  });

  test("a request without body has none", async () => {
    expect((await ask("/bytes", { method: "POST" })).json).toMatchObject({ hex: null });
  });

  test("a body over 18 MB is refused with 413 before any function runs", async () => {
    const { status, json } = await ask("/bytes", { method: "POST", body: Buffer.alloc(18 * 1024 * 1024 + 1) });
    expect(status).toBe(413);
    expect(json).toMatchObject({ error_code: "ReadSizeLimitExceeded" });
  });
});

describe("validation", () => {
  const body = Buffer.from('{"amount": 5}\n');

  test("VERIFY_PAYLOAD takes the signature of the exact bytes in either header, and nothing else", async () => {
    const post = (headers: Record<string, string>, bytes: Buffer = body) =>
      ask("/signed", { method: "POST", body: bytes, headers });
    expect((await post({ "Endpoint-Signature": sign(body) })).status).toBe(200);
    expect((await post({ "X-Hook-Signature": sign(body) })).status).toBe(200);
    for (const refused of [await post({}), await post({ "Endpoint-Signature": sign(body) }, Buffer.from("other"))]) {
      expect(refused.status).toBe(401);
      expect(refused.json).toMatchObject({ error_code: "AuthError" });
    }
  });

  test("SECRET_AS_QUERY_PARAM takes the secret, and the function does not see it", async () => {
    const { status, json } = await ask(`/secret?secret=${SECRETS["hook-secret"]}&x=1`, { method: "PUT", body: "x" });
    expect(status).toBe(200);
    expect(json).toMatchObject({ query: { x: "1" }, raw: "x=1" });
    const coded = await ask(`/secret?s%65cret=${SECRETS["hook-secret"]}&x=1`, { method: "PUT", body: "x" });
    expect(coded.json).toMatchObject({ query: { x: "1" }, raw: "x=1" });
    expect((await ask("/secret?secret=wrong", { method: "PUT", body: "x" })).status).toBe(401);
    expect((await ask("/secret", { method: "GET" })).status).toBe(401);
  });

  test("a secret in the query is in no log line", () => {
    expect(JSON.stringify(under.log.lines)).not.toContain(SECRETS["hook-secret"]);
  });
});

describe("callers of endpoints whose function is not system", () => {
  test("a user's bearer token, a server key as header, and a server key as bearer all name the caller", async () => {
    const user = await under.newVisitor();
    const byToken = await ask("/deep/caller", { headers: { Authorization: `Bearer ${user.accessToken}` } });
    expect(byToken.json).toMatchObject({ type: "normal", id: user.id });
    for (const headers of [
      { "api-key": SERVER_KEY },
      { apiKey: SERVER_KEY },
      { Authorization: `Bearer ${SERVER_KEY}` },
    ]) {
      expect((await ask("/deep/caller", { headers })).json).toMatchObject({ type: "server", name: "operator" });
    }
  });

  test.each<[string, Record<string, string>]>([
    ["no credentials", {}],
    ["a wrong key", { "api-key": "wrong-key-0123456789" }],
    ["a wrong bearer key", { Authorization: "Bearer wrong-key-0123456789" }],
    ["a garbled token beside a right key", { Authorization: "Bearer a.b.c", "api-key": SERVER_KEY }],
  ])("%s are refused with 401", async (_, headers) => {
    expect((await ask("/deep/caller", { headers })).status).toBe(401);
  });
});

describe("replies", () => {
  test("what the response object was given wins over the returned value", async () => {
    const { status, headers, bytes } = await ask("/reply?how=status");
    expect(status).toBe(418);
    expect(headers.get("x-many")).toBe("one, two");
    expect(bytes.toString()).toBe("short and stout");
  });

  test("binary bodies arrive as they are", async () => {
    expect((await ask("/reply?how=binary")).bytes).toEqual(Buffer.from("00ff10", "hex"));
  });

  test("a returned value is written by return_type, or as the caller asks", async () => {
    const canonical = {
      n: { $numberInt: "5" },
      at: { $date: { $numberLong: "0" } },
      id: { $oid: "65f0c0ffee0000000000beef" },
    };
    expect((await ask("/reply", { headers: { Accept: "*/*" } })).json).toEqual(canonical);
    const asJson = await ask("/reply", { headers: { Accept: "application/json" } });
    expect(asJson.json).toEqual({ n: 5, at: "1970-01-01T00:00:00.000Z", id: "65f0c0ffee0000000000beef" });
  });

  test("respond_result off answers 204 without a body", async () => {
    const { status, bytes } = await ask("/silent");
    expect(status).toBe(204);
    expect(bytes).toHaveLength(0);
  });

  test("a thrown error is a 400 in the client API's form", async () => {
    const { status, json } = await ask("/reply?how=throw");
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: "hook went wrong", error_code: "FunctionExecutionError" });
  });

  test.each([
    ["an unknown route", "GET", "/nowhere"],
    ["another method of a known route", "GET", "/bytes"],
    ["a disabled endpoint", "GET", "/off"],
  ])("%s is 404", async (_, method, path) => {
    const { status, json } = await ask(path, { method });
    expect(status).toBe(404);
    expect(json).toMatchObject({ error_code: "EndpointNotFound" });
  });
});

describe("beside the endpoints", () => {
  test("hosted files are served at the root, and what is not there is 404", async () => {
    const home = await fetch(`${under.runtime.baseUrl}/`);
    expect(home.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await home.text()).toContain("<title>Fixture</title>");
    expect(await (await fetch(`${under.runtime.baseUrl}/console`)).text()).toContain("<title>Console</title>");
    expect((await fetch(`${under.runtime.baseUrl}/../realm_config.json`)).status).toBe(404);
  });

  test("metrics count requests by route and status, and function calls by outcome", async () => {
    await ask("/reply?how=throw");
    const text = await (await fetch(`${under.runtime.baseUrl}/metrics`)).text();
    expect(text).toMatch(
      /app_services_requests_total\{method="GET",route="\/app\/:appId\/endpoint\/\*",status="400"\} \d+/,
    );
    expect(text).toMatch(/app_services_function_calls_total\{function="hookReply",outcome="thrown"\} \d+/);
    expect(text).toMatch(/app_services_function_duration_seconds_count\{function="hookReply"\} \d+/);
  });
});

describe("closing", () => {
  test("lets a running call finish, is one promise however often asked, and refuses connections afterwards", async () => {
    const other = await bed.start({ appId: "closing" });
    const user = await other.newVisitor();
    await other.log.waitFor({ event: "runtime.ready" });
    const running = user.callFunction("announce", 500);
    await other.log.waitFor({ event: "function.console", function: "announce" });
    const closing = other.runtime.close();
    expect(other.runtime.close()).toBe(closing);
    await expect(running).resolves.toBe("finished");
    const answeredAt = Date.now();
    await closing;
    // Far below the grace: the client's idle connection must not be waited for.
    expect(Date.now() - answeredAt).toBeLessThan(4_000);
    await expect(fetch(`${other.runtime.baseUrl}/metrics`)).rejects.toThrow();
  });
});
