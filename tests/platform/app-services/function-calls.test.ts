import { BSON } from "mongodb";
import { MongoDBRealmError, type User } from "realm-web";
import { send, SECRETS, TestBed, type RuntimeUnderTest } from "./runtime-under-test";

let bed: TestBed;
let under: RuntimeUnderTest;
let user: User;

beforeAll(async () => {
  bed = await TestBed.open();
  under = await bed.start();
  user = await under.newUser();
});
afterAll(() => bed.close());
beforeEach(async () => {
  await bed.shop("orders").deleteMany({});
});

/** Calls with a raw body and answers the raw result, both canonical extended JSON. */
async function rawCall(name: string, args: unknown, more: Record<string, unknown> = {}) {
  const url = `${under.runtime.baseUrl}/api/client/v2.0/app/${under.runtime.appId}/functions/call`;
  return send(url, { method: "POST", token: user.accessToken ?? "", body: { name, arguments: args, ...more } });
}

const orders = (...steps: readonly unknown[][]): Promise<unknown[]> => user.callFunction("orders/run", steps);

describe("values", () => {
  test.each<[string, unknown, unknown?]>([
    ["a small whole number", { $numberInt: "5" }],
    ["a negative one", { $numberInt: "-2147483648" }],
    ["a number beyond 32 bits", { $numberLong: "4294967296" }],
    ["the largest safe number", { $numberLong: "9007199254740991" }],
    ["a 64-bit number no double can hold", { $numberLong: "9223372036854775807" }],
    ["a fraction", { $numberDouble: "2.5" }],
    ["not a number", { $numberDouble: "NaN" }],
    ["infinity", { $numberDouble: "-Infinity" }],
    ["a decimal", { $numberDecimal: "0.10" }],
    ["text with every kind of sign", 'ä€😀\0\n"\\'],
    ["true", true],
    ["null", null],
    ["an id", { $oid: "65f0c0ffee0000000000beef" }],
    ["an instant", { $date: { $numberLong: "1735689600000" } }],
    ["an instant before 1970", { $date: { $numberLong: "-1" } }],
    ["bytes", { $binary: { base64: "AP8Q", subType: "00" } }],
    ["a UUID", { $binary: { base64: "c//SZESzTGmQ6OfR38A11A==", subType: "04" } }],
    ["a regular expression", { $regularExpression: { pattern: "^a", options: "i" } }],
    ["a timestamp", { $timestamp: { t: 42, i: 1 } }],
    ["the smallest key", { $minKey: 1 }],
    ["the largest key", { $maxKey: 1 }],
    ["an array", [{ $numberInt: "1" }, [], {}]],
    ["a nested document", { a: { b: [{ c: { $numberDouble: "1.5" } }] } }],
  ])("%s comes back as it went", async (_, value) => {
    const { status, text } = await rawCall("echo", [value]);
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual(value);
  });

  test("realm-web's own values come back equal", async () => {
    const value = {
      n: 5,
      long: 2 ** 40,
      at: new Date(0),
      list: [1, "x", null],
      id: new BSON.ObjectId("65f0c0ffee0000000000beef").toHexString(),
    };
    await expect(user.callFunction("echo", value)).resolves.toEqual(value);
  });

  test("several arguments arrive in order, and nothing returned is null to the client", async () => {
    await expect(user.callFunction("echo", 1, "two", 3)).resolves.toEqual([1, "two", 3]);
    expect((await rawCall("echo", [])).json).toEqual([]);
    await expect(user.callFunction("waitFor", 0)).resolves.toBe("waited");
  });

  test("a cursor cannot be returned", async () => {
    const { json } = await rawCall("cursor", []);
    expect(json["error"]).toContain("A cursor cannot be returned");
  });
});

describe("context", () => {
  test("a function sees its caller, the environment and the request, but never the caller's token", async () => {
    await expect(user.callFunction("whoAmI")).resolves.toEqual({
      id: user.id,
      type: "normal",
      data: { email: user.profile.email },
      custom_data: {},
      identities: [{ id: expect.any(String), provider_type: "local-userpass", provider_id: expect.any(String) }],
      asSystem: true,
      tag: "testing",
      region: "north",
      greeting: "good day",
      hasSecret: true,
      unknownValue: null,
      unknownService: null,
      method: "POST",
      seesToken: false,
      app: "fixture-abcde",
    });
  });

  test("functions call private functions; a callee that is system works for a caller that is not", async () => {
    await expect(user.callFunction("callSecretSum", 2, 3)).resolves.toBe(5);
    await expect(user.callFunction("asCallerThroughSystem")).resolves.toEqual({
      user: "normal",
      result: [0],
      asSystem: false,
    });
  });
});

describe("refusals", () => {
  test("a private and an unknown function answer alike", async () => {
    const [secret, unknown] = await Promise.all([rawCall("secretSum", []), rawCall("nothingSum", [])]);
    expect(secret.status).toBe(404);
    expect(secret.json).toMatchObject({ error: "function not found: 'secretSum'", error_code: "FunctionNotFound" });
    expect({ ...unknown.json, link: "" }).toEqual({
      ...secret.json,
      error: "function not found: 'nothingSum'",
      link: "",
    });
  });

  test("a thrown error is a 400 with its message and nothing else; the stack is in the log under the request", async () => {
    const { status, json, text, headers } = await rawCall("fail", []);
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: "the shop is closed", error_code: "FunctionExecutionError" });
    expect(Object.keys(json).toSorted()).toEqual(["error", "error_code", "link"]);
    expect(text).not.toContain("fail.js");
    const requestId = headers.get("x-appservices-request-id");
    expect(json["link"]).toContain(requestId);
    const [line] = await under.log.waitFor({ event: "function.failed", requestId });
    expect(line?.["stack"]).toContain("fail.js");
  });

  test("realm-web shows the message of a thrown error, and text that was thrown", async () => {
    const failure = await user.callFunction("fail").catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MongoDBRealmError);
    expect(failure).toMatchObject({
      statusCode: 400,
      error: "the shop is closed",
      errorCode: "FunctionExecutionError",
    });
    expect((await rawCall("fail", ["text"])).json["error"]).toBe("plain text");
  });

  test("a secret that a function prints does not reach the log", async () => {
    await rawCall("fail", []);
    const lines = await under.log.waitFor({ event: "function.console", function: "fail" });
    expect(lines[0]?.["text"]).toBe("about to fail with [secret]");
    expect(JSON.stringify(under.log.lines)).not.toContain(SECRETS["api-secret"]);
  });

  test.each<[string, Record<string, unknown>, number, string]>([
    [
      "a MongoDB service call",
      { name: "find", service: "mongodb-atlas", arguments: [{}] },
      400,
      "ServiceCommandNotFound",
    ],
    ["an unknown service", { name: "find", service: "elsewhere", arguments: [{}] }, 404, "ServiceNotFound"],
    ["a name that is no text", { name: { $gt: "" }, arguments: [] }, 400, "BadRequest"],
    ["arguments that are no list", { name: "echo", arguments: {} }, 400, "BadRequest"],
    ["a name of the object prototype", { name: "constructor", arguments: [] }, 404, "FunctionNotFound"],
  ])("%s is refused by name", async (_, body, status, code) => {
    const url = `${under.runtime.baseUrl}/api/client/v2.0/app/${under.runtime.appId}/functions/call`;
    const answer = await send(url, { method: "POST", token: user.accessToken ?? "", body });
    expect(answer.status).toBe(status);
    expect(answer.json["error_code"]).toBe(code);
  });

  test("arguments nested without end are refused as bad, and the runtime lives on", async () => {
    const url = `${under.runtime.baseUrl}/api/client/v2.0/app/${under.runtime.appId}/functions/call`;
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    const answer = await fetch(url, {
      method: "POST",
      headers: { Authorization: `Bearer ${user.accessToken}`, "Content-Type": "application/json" },
      body: `{"name":"echo","arguments":[${deep}]}`,
    });
    expect(answer.status).toBe(400);
    await expect(user.callFunction("echo", "alive")).resolves.toBe("alive");
  });

  test("watch is refused by name", async () => {
    const url = `${under.runtime.baseUrl}/api/client/v2.0/app/${under.runtime.appId}/functions/call?baas_request=e30`;
    expect((await send(url, { token: user.accessToken ?? "" })).json["error_code"]).toBe("ServiceCommandNotFound");
  });

  test("a function with the caller's rights is refused the database by name", async () => {
    expect((await rawCall("asCaller", [])).json["error"]).toContain("RulesNotSupported");
  });

  test("the driver's own errors reach the function with code and labels", async () => {
    await expect(user.callFunction("fail", "duplicate")).resolves.toEqual({
      code: 11000,
      isError: true,
      hasLabels: true,
      name: "MongoServerError",
    });
  });
});

describe("the MongoDB client of functions", () => {
  test("results have the shapes of App Services", async () => {
    const results = await orders(
      ["insertOne", { _id: 1, n: 1 }],
      [
        "insertMany",
        [
          { _id: 2, n: 2 },
          { _id: 3, n: 3 },
        ],
      ],
      ["updateOne", { _id: 1 }, { $set: { n: 10 } }],
      ["updateMany", { n: { $gt: 100 } }, { $set: { n: 0 } }],
      ["updateOne", { _id: 4 }, { $set: { n: 4 } }, { upsert: true }],
      ["deleteOne", { _id: 4 }],
      ["deleteMany", { n: 99 }],
      ["count", { n: { $lt: 10 } }],
      ["distinct", "n", {}],
      ["bulkWrite", [{ insertOne: { document: { _id: 5, n: 5 } } }, { deleteOne: { filter: { _id: 5 } } }]],
    );
    expect(results).toEqual([
      { insertedId: 1 },
      { insertedIds: [2, 3] },
      { matchedCount: 1, modifiedCount: 1 },
      { matchedCount: 0, modifiedCount: 0 },
      { matchedCount: 0, modifiedCount: 0, upsertedId: 4 },
      { deletedCount: 1 },
      { deletedCount: 0 },
      2,
      expect.arrayContaining([10, 2, 3]),
      null,
    ]);
  });

  test("the projection is the second argument, and findOneAnd answers the bare document", async () => {
    const results = await orders(
      [
        "insertMany",
        [
          { _id: 1, n: 1, x: 1 },
          { _id: 2, n: 2, x: 1 },
        ],
      ],
      ["find", { n: { $gte: 1 } }, { _id: 0, n: 1 }],
      ["findOne", { _id: 2 }, { x: 0 }],
      ["findOne", { _id: 99 }],
      ["findOneAndUpdate", { _id: 1 }, { $inc: { n: 10 } }],
      ["findOneAndUpdate", { _id: 1 }, { $inc: { n: 10 } }, { returnNewDocument: true, projection: { n: 1 } }],
      ["findOneAndReplace", { _id: 2 }, { n: 7 }, { returnNewDocument: true }],
      ["findOneAndDelete", { n: { $gt: 0 } }, { sort: { n: -1 } }],
      ["aggregate", [{ $match: { n: 7 } }, { $project: { _id: 0 } }]],
    );
    expect(results.slice(1)).toEqual([
      [{ n: 1 }, { n: 2 }],
      { _id: 2, n: 2 },
      null,
      { _id: 1, n: 1, x: 1 },
      { _id: 1, n: 21 },
      { _id: 2, n: 7 },
      { _id: 1, n: 21, x: 1 },
      [{ n: 7 }],
    ]);
  });

  test("a cursor sorts, skips, limits, and ends with undefined", async () => {
    await expect(user.callFunction("cursor", "walk")).resolves.toEqual({
      page: [3, 2],
      walked: [1, 2, 3, 4],
      end: "undefined",
    });
  });

  test("a transaction commits everything it did", async () => {
    await bed.shop("orders").insertMany([
      { _id: "a", stock: 5 },
      { _id: "b", stock: 0 },
    ] as never[]);
    await expect(user.callFunction("orders/move", "a", "b", 3, false)).resolves.toEqual({ left: 2, seen: 3 });
    expect(await bed.shop("orders").find({}).sort({ _id: 1 }).toArray()).toEqual([
      { _id: "a", stock: 2 },
      { _id: "a-b", kind: "move", amount: 3 },
      { _id: "b", stock: 3 },
    ]);
  });

  test("a transaction whose callback throws leaves nothing", async () => {
    await bed.shop("orders").insertMany([
      { _id: "a", stock: 5 },
      { _id: "b", stock: 0 },
    ] as never[]);
    await expect(user.callFunction("orders/move", "a", "b", 3, true)).rejects.toMatchObject({
      error: "changed my mind",
    });
    expect(await bed.shop("orders").find({}).sort({ _id: 1 }).toArray()).toEqual([
      { _id: "a", stock: 5 },
      { _id: "b", stock: 0 },
    ]);
  });

  test("parallel transactions on one document never oversell", async () => {
    await bed.shop("orders").insertMany([
      { _id: "a", stock: 3 },
      { _id: "b", stock: 0 },
    ] as never[]);
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => user.callFunction("orders/move", "a", `b${index}`, 1, false)),
    );
    const refused = results.filter(
      (result) => result.status === "rejected" && String(result.reason).includes("not enough stock"),
    );
    expect(refused).toHaveLength(5);
    expect(await bed.shop("orders").findOne({ _id: "a" } as never)).toMatchObject({ stock: 0 });
    expect(await bed.shop("orders").countDocuments({ kind: "move" })).toBe(3);
  });
});
