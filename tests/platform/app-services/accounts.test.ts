import { SignJWT } from "jose";
import { Credentials, MongoDBRealmError, type User } from "realm-web";
import { PASSWORD, send, SERVER_KEY, TestBed, type RuntimeUnderTest } from "./runtime-under-test";

let bed: TestBed;
let under: RuntimeUnderTest;
let api: string;
let appApi: string;

beforeAll(async () => {
  bed = await TestBed.open();
  under = await bed.start();
  api = `${under.runtime.baseUrl}/api/client/v2.0`;
  appApi = `${api}/app/${under.runtime.appId}`;
});
afterAll(() => bed.close());

async function refusal(promise: Promise<unknown>): Promise<MongoDBRealmError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof MongoDBRealmError) return error;
    throw error;
  }
  throw new Error("expected a refusal");
}

/** Replaces the access token a client holds, as time or a bad proxy would. */
function setAccessToken(user: User, token: string): void {
  Reflect.set(user, "accessToken", token);
}

function tokensOf(user: User): { readonly accessToken: string; readonly refreshToken: string } {
  if (user.accessToken === null || user.refreshToken === null) throw new Error("the user is logged out");
  return { accessToken: user.accessToken, refreshToken: user.refreshToken };
}

describe("location", () => {
  test("names the origin that clients must use, without a slash at its end", async () => {
    const { status, json } = await send(`${appApi}/location`);
    expect(status).toBe(200);
    expect(json).toEqual({
      hostname: under.runtime.baseUrl,
      ws_hostname: under.runtime.baseUrl.replace("http", "ws"),
      location: "US-VA",
      deployment_model: "LOCAL",
    });
  });

  test("of an unknown app answers 404 with the vendor's text and exactly three keys", async () => {
    const { status, json } = await send(`${api}/app/other/location`);
    expect(status).toBe(404);
    expect(json["error"]).toBe("cannot find app using Client App ID 'other'");
    expect(Object.keys(json).toSorted()).toEqual(["error", "error_code", "link"]);
  });
});

describe("e-mail and password", () => {
  test("a registered user logs in, has a profile, and is one user however often and however many at once", async () => {
    const app = under.newApp();
    await app.emailPasswordAuth.registerUser({ email: "ada@example.test", password: PASSWORD });
    const users = await Promise.all(
      Array.from({ length: 5 }, () => under.newApp().logIn(Credentials.emailPassword("ada@example.test", PASSWORD))),
    );
    expect(new Set(users.map((user) => user.id)).size).toBe(1);
    const [user] = users;
    expect(user?.profile.email).toBe("ada@example.test");
    expect(user?.identities).toEqual(
      [{ userId: expect.stringMatching(/^[0-9a-f]{24}$/), providerType: "local-userpass" }].map(() =>
        expect.objectContaining({ providerType: "local-userpass" }),
      ),
    );
    expect(await bed.own("users").countDocuments({ "data.email": "ada@example.test" })).toBe(1);
  });

  test("registering a name twice is refused, also when both come at once", async () => {
    const register = () =>
      under.newApp().emailPasswordAuth.registerUser({ email: "twice@example.test", password: PASSWORD });
    const results = await Promise.allSettled([register(), register(), register()]);
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    const error = await refusal(register());
    expect(error).toMatchObject({ statusCode: 409, error: "name already in use", errorCode: "AccountNameInUse" });
  });

  test("no user exists before the first log-in", async () => {
    await under.newApp().emailPasswordAuth.registerUser({ email: "later@example.test", password: PASSWORD });
    expect(await bed.own("users").countDocuments({ "data.email": "later@example.test" })).toBe(0);
  });

  test("a wrong password and an unknown name get one and the same answer", async () => {
    await under.newUser("known@example.test");
    const wrong = await refusal(
      under.newApp().logIn(Credentials.emailPassword("known@example.test", "not the password")),
    );
    const unknown = await refusal(under.newApp().logIn(Credentials.emailPassword("nobody@example.test", PASSWORD)));
    const seen = ({ statusCode, error, errorCode }: MongoDBRealmError) => ({ statusCode, error, errorCode });
    expect(seen(wrong)).toEqual({
      statusCode: 401,
      error: "unauthorized: invalid username/password",
      errorCode: "InvalidPassword",
    });
    expect(seen(unknown)).toEqual(seen(wrong));
  });

  test.each(["12345", "x".repeat(129)])("a password of the wrong length is refused", async (password) => {
    const error = await refusal(
      under.newApp().emailPasswordAuth.registerUser({ email: "short@example.test", password }),
    );
    expect(error).toMatchObject({ statusCode: 400, error: "password must be between 6 and 128 characters" });
  });

  test.each([
    ["an operator for the name", { username: { $gt: "" }, password: PASSWORD }],
    ["an operator for the password", { username: "known@example.test", password: { $gt: "" } }],
    ["a list", ["x"]],
    ["a NUL", { username: "known@example.test\0", password: PASSWORD }],
    ["nothing", {}],
  ])("a log-in body with %s never reaches the database as a query", async (_, body) => {
    const { status, json } = await send(`${appApi}/auth/providers/local-userpass/login`, { method: "POST", body });
    expect([400, 401]).toContain(status);
    expect(json).not.toHaveProperty("access_token");
  });

  test("broken JSON and an oversized body are refused in the client API's own form", async () => {
    const url = `${appApi}/auth/providers/local-userpass/login`;
    const broken = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{" });
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ error_code: "BadRequest" });
    const big = await send(url, { method: "POST", body: { username: "x".repeat(20_000), password: PASSWORD } });
    expect(big.status).toBe(413);
    expect(big.json).toMatchObject({ error_code: "ReadSizeLimitExceeded" });
  });

  test("the function for new users can refuse one before it exists", async () => {
    await under.newApp().emailPasswordAuth.registerUser({ email: "unwanted@example.test", password: PASSWORD });
    const error = await refusal(under.newApp().logIn(Credentials.emailPassword("unwanted@example.test", PASSWORD)));
    expect(error.error).toBe("user creation was refused: not welcome");
    expect(await bed.own("users").countDocuments({ "data.email": "unwanted@example.test" })).toBe(0);
  });

  test("neither password nor refresh token is stored as such", async () => {
    const user = await under.newUser();
    const stored = JSON.stringify([
      await bed.own("credentials").find({}).toArray(),
      await bed.own("sessions").find({}).toArray(),
    ]);
    expect(stored).not.toContain(PASSWORD);
    expect(stored).not.toContain(tokensOf(user).refreshToken);
    expect(stored).not.toContain(SERVER_KEY);
  });
});

describe("sessions", () => {
  test.each(["garbled.access.token", "not-even-a-token"])(
    "a client with the access token %s gets a new one by itself",
    async (token) => {
      const user = await under.newVisitor();
      setAccessToken(user, token);
      await expect(user.callFunction("echo", "hello")).resolves.toBe("hello");
      expect(user.accessToken).not.toBe(token);
    },
  );

  test("a client with an expired access token gets a new one by itself", async () => {
    const user = await under.newVisitor();
    const settings = await bed.own("settings").findOne({});
    const claims = JSON.parse(Buffer.from(tokensOf(user).accessToken.split(".")[1] ?? "", "base64url").toString());
    const key = Buffer.from(String(settings?.["signingKey"]), "base64");
    const past = Math.floor(Date.now() / 1000) - 3_600;
    setAccessToken(
      user,
      await new SignJWT({ ...claims, iat: past - 1_800, exp: past }).setProtectedHeader({ alg: "HS256" }).sign(key),
    );
    await expect(user.callFunction("echo", "hello")).resolves.toBe("hello");
  });

  test("an access token tells what realm-web reads in it, and lives 30 minutes", async () => {
    const user = await under.newVisitor();
    const claims = JSON.parse(Buffer.from(tokensOf(user).accessToken.split(".")[1] ?? "", "base64url").toString());
    expect(claims).toMatchObject({ sub: user.id, typ: "access", baas_id: under.runtime.appId, user_data: {} });
    expect(claims.exp - claims.iat).toBe(1_800);
    expect(claims.baas_device_id).toMatch(/^[0-9a-f]{24}$/);
  });

  test("after log-out both tokens are dead, and a client that still holds them fails instead of asking for ever", async () => {
    const user = await under.newVisitor();
    const { accessToken, refreshToken } = tokensOf(user);
    await expect(user.callFunction("echo", 1)).resolves.toBe(1);
    expect((await send(`${api}/auth/session`, { method: "DELETE", token: refreshToken })).status).toBe(204);
    expect((await send(`${api}/auth/profile`, { token: accessToken })).json).toMatchObject({
      error_code: "InvalidSession",
    });
    expect((await send(`${api}/auth/session`, { method: "POST", token: refreshToken })).status).toBe(401);
    const error = await refusal(user.callFunction("echo", 1));
    expect(error).toMatchObject({ statusCode: 401, errorCode: "InvalidSession" });
    expect(user.isLoggedIn).toBe(false);
  });

  test("logging out by the client works, and again for a session that is gone already", async () => {
    const user = await under.newVisitor();
    const { refreshToken } = tokensOf(user);
    await user.logOut();
    expect((await send(`${api}/auth/session`, { method: "DELETE", token: refreshToken })).status).toBe(204);
    const garbled = await send(`${api}/auth/session`, { method: "DELETE", token: "a.b.c" });
    expect(garbled.json["error"]).toContain("failed to find refresh token");
  });

  test("tokens are no good in each other's place", async () => {
    const { accessToken, refreshToken } = tokensOf(await under.newVisitor());
    expect((await send(`${api}/auth/session`, { method: "POST", token: accessToken })).status).toBe(401);
    expect((await send(`${api}/auth/profile`, { token: refreshToken })).status).toBe(401);
  });

  test("tokens of one app are refused by another on the same database", async () => {
    const other = await bed.start({ appId: "other-app" });
    const { accessToken, refreshToken } = tokensOf(await under.newVisitor());
    const otherApi = `${other.runtime.baseUrl}/api/client/v2.0`;
    expect((await send(`${otherApi}/auth/profile`, { token: accessToken })).status).toBe(401);
    expect((await send(`${otherApi}/auth/session`, { method: "POST", token: refreshToken })).status).toBe(401);
    await other.runtime.close();
  });

  test("without any token a call is refused without inviting a refresh", async () => {
    const { status, json } = await send(`${appApi}/functions/call`, {
      method: "POST",
      body: { name: "echo", arguments: [] },
    });
    expect(status).toBe(401);
    expect(json).toMatchObject({ error_code: "MissingAuthReq" });
  });

  test("the device id of a client is kept, and a made-up one is replaced by a good one", async () => {
    const login = (deviceId: unknown) =>
      send(`${appApi}/auth/providers/anon-user/login`, { method: "POST", body: { options: { device: { deviceId } } } });
    const given = "65f0c0ffee0000000000cafe";
    expect((await login({ $oid: given })).json["device_id"]).toBe(given);
    for (const bad of ["nonsense", "0".repeat(24), { $oid: "zz" }, 5]) {
      expect((await login(bad)).json["device_id"]).toMatch(/^[0-9a-f]{24}$/);
    }
  });
});

describe("other ways in", () => {
  test("anonymous visitors are users of their own without data", async () => {
    const one = await under.newApp().logIn(Credentials.anonymous());
    const two = await under.newApp().logIn(Credentials.anonymous());
    expect(one.id).not.toBe(two.id);
    expect(one.profile).toEqual({});
    await expect(one.callFunction("whoAmI")).resolves.toMatchObject({ id: one.id, type: "normal" });
  });

  test("a server API key logs in as the same server user every time; a wrong one does not", async () => {
    const one = await under.newApp().logIn(Credentials.apiKey(SERVER_KEY));
    const two = await under.newApp().logIn(Credentials.apiKey(SERVER_KEY));
    expect(two.id).toBe(one.id);
    await expect(one.callFunction("whoAmI")).resolves.toMatchObject({ type: "server", data: { name: "operator" } });
    const error = await refusal(under.newApp().logIn(Credentials.apiKey(`${SERVER_KEY}x`)));
    expect(error).toMatchObject({ statusCode: 401, error: "invalid API key" });
  });

  test("the user of a server API key cannot delete itself", async () => {
    const user = await under.newApp().logIn(Credentials.apiKey(SERVER_KEY));
    const { status } = await send(`${api}/auth/delete`, { method: "DELETE", token: tokensOf(user).accessToken });
    expect(status).toBe(400);
    await expect(user.callFunction("echo", "still here")).resolves.toBe("still here");
  });

  test("a key that is replaced ends the sessions of the old one, and a key that is taken away logs in no more", async () => {
    const first = await bed.start({ appId: "rotated" });
    const session = tokensOf(await first.newApp().logIn(Credentials.apiKey(SERVER_KEY))).refreshToken;
    await first.runtime.close();
    const second = await bed.start({
      appId: "rotated",
      serverApiKeys: [{ name: "operator", key: "another-key-0123456789" }],
    });
    const old = await send(`${second.runtime.baseUrl}/api/client/v2.0/auth/session`, {
      method: "POST",
      token: session,
    });
    expect(old.status).toBe(401);
    await refusal(second.newApp().logIn(Credentials.apiKey(SERVER_KEY)));
    await second.newApp().logIn(Credentials.apiKey("another-key-0123456789"));
    await second.runtime.close();
  });

  test("a server API key that is too short stops the start", async () => {
    await expect(bed.start({ appId: "weak", serverApiKeys: [{ name: "weak", key: "short" }] })).rejects.toThrow(
      'Server API key "weak" has 5 characters, expected at least 16',
    );
  });

  test("a provider that is in the tree but not served says so; one that is not in the tree is not found", async () => {
    const google = await send(`${appApi}/auth/providers/oauth2-google/login`, { method: "POST", body: {} });
    expect(google.json).toMatchObject({
      error_code: "NotSupported",
      error: "the auth provider 'oauth2-google' is not served by this runtime yet",
    });
    const token = await send(`${appApi}/auth/providers/custom-token/login`, { method: "POST", body: { token: "x" } });
    expect(token.json).toMatchObject({ error_code: "AuthProviderNotFound" });
  });

  test.each<[string, string]>([
    ["confirm", "invalid token data"],
    ["confirm/send", "already confirmed"],
    ["confirm/call", "cannot run confirmation for a@b.c: automatic confirmation is enabled"],
    ["reset/send", "please use reset password via function"],
    ["reset/call", 'failed to reset password for user "a@b.c"'],
  ])("%s answers 400 in the vendor's words", async (step, text) => {
    const { status, json } = await send(`${appApi}/auth/providers/local-userpass/${step}`, {
      method: "POST",
      body: { email: "a@b.c" },
    });
    expect(status).toBe(400);
    expect(json["error"]).toBe(text);
  });
});

describe("users", () => {
  test("custom data is in the token as it was when it was issued", async () => {
    const user = await under.newVisitor();
    expect(user.customData).toEqual({});
    await bed.shop("profiles").insertOne({ userId: user.id, plan: "gold" });
    await user.refreshCustomData();
    expect(user.customData).toMatchObject({ plan: "gold" });
    await expect(user.callFunction("whoAmI")).resolves.toMatchObject({ custom_data: { plan: "gold" } });
  });

  test("deleting oneself ends all sessions, frees the name, and keeps the record disabled", async () => {
    const app = under.newApp();
    await app.emailPasswordAuth.registerUser({ email: "leaver@example.test", password: PASSWORD });
    const user = await app.logIn(Credentials.emailPassword("leaver@example.test", PASSWORD));
    const elsewhere = await under.newApp().logIn(Credentials.emailPassword("leaver@example.test", PASSWORD));
    await app.deleteUser(user);
    await refusal(elsewhere.callFunction("echo", 1));
    const error = await refusal(under.newApp().logIn(Credentials.emailPassword("leaver@example.test", PASSWORD)));
    expect(error.error).toContain("unauthorized");
    expect(await bed.own("users").findOne({ "data.email": "leaver@example.test" })).toMatchObject({ disabled: true });
    const again = await under.newUser("leaver@example.test");
    expect(again.id).not.toBe(user.id);
  });

  test("users, sessions and keys survive a restart", async () => {
    const first = await bed.start({ appId: "restarted" });
    const user = await first.newUser("stayer@example.test");
    const { refreshToken } = tokensOf(user);
    await first.runtime.close();
    const second = await bed.start({ appId: "restarted" });
    const session = await send(`${second.runtime.baseUrl}/api/client/v2.0/auth/session`, {
      method: "POST",
      token: refreshToken,
    });
    expect(session.status).toBe(201);
    const again = await second.newApp().logIn(Credentials.emailPassword("stayer@example.test", PASSWORD));
    expect(again.id).toBe(user.id);
    await second.runtime.close();
  });
});

describe("an outage of the database", () => {
  test("is answered 503 and shows nothing of the database", async () => {
    const mongodb = await TestBed.open();
    const other = await mongodb.start();
    const visitor = await other.newVisitor();
    await mongodb.client.close();
    await mongodb.mongodb.close();
    const { status, json, text } = await send(`${other.runtime.baseUrl}/api/client/v2.0/auth/session`, {
      method: "POST",
      token: tokensOf(visitor).refreshToken,
    });
    expect(status).toBe(503);
    expect(json).toMatchObject({ error: "the database cannot be reached", error_code: "MongoDBError" });
    expect(text).not.toContain("ECONNREFUSED");
    await other.runtime.close();
  });
});

describe("browsers", () => {
  test("only named origins are allowed, and errors carry the headers too", async () => {
    const good = await send(`${api}/app/other/location`, { headers: { Origin: "http://localhost:8080" } });
    expect(good.status).toBe(404);
    expect(good.headers.get("access-control-allow-origin")).toBe("http://localhost:8080");
    const bad = await send(`${appApi}/location`, { headers: { Origin: "http://evil.example" } });
    expect(bad.headers.get("access-control-allow-origin")).not.toBe("http://evil.example");
    expect(bad.headers.get("access-control-allow-origin")).not.toBe("*");
    const preflight = await send(`${appApi}/functions/call`, {
      method: "OPTIONS",
      headers: {
        Origin: "http://localhost:8080",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Authorization");
  });
});

describe("the log", () => {
  test("never held a password, a token or a key, whatever the tests above did", () => {
    const text = JSON.stringify(under.log.lines);
    expect(under.log.lines.length).toBeGreaterThan(50);
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain(SERVER_KEY);
    expect(text).not.toMatch(/eyJ[A-Za-z0-9_-]{10,}\./);
  });
});
