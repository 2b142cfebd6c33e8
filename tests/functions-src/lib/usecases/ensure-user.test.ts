import { parseCatalog } from "../../../../functions-src/lib/edge/parse/catalog";
import { ensureUser } from "../../../../functions-src/lib/usecases/ensure-user";
import { publishCatalog } from "../../../../functions-src/lib/usecases/publish-catalog";
import { resolveAccount } from "../../../../functions-src/lib/usecases/resolve-account";
import { refuse } from "../../../../functions-src/lib/domain/refusal";
import demo from "../../../../catalog/demo.json";
import { depsOver } from "../../../support/deps";
import { T0 } from "../../../support/builders";
import { startTestDatabase, type TestDatabase } from "../../../support/embedded";

let test: TestDatabase;
beforeAll(async () => {
  test = await startTestDatabase();
  await publishCatalog(depsOver(test.database), parseCatalog(demo));
});
afterAll(() => test.close());

const person = (userId: string, email: string | null = `${userId}@example.org`, anonymous = false) =>
  ({ kind: "user", userId, email, anonymous }) as const;
const tokensOf = async (accountId: string): Promise<number> =>
  (await depsOver(test.database).wallets.loadWallet({ accountId, unit: "tokens" }))?.available ?? 0;

describe("a person's first contact", () => {
  it("makes one account and one grant when trigger and calls come at once, from several processes", async () => {
    const processes = Array.from({ length: 4 }, () => depsOver(test.database));
    const users = await Promise.all(
      processes.flatMap((deps) => [ensureUser(deps, person("u1"), T0), ensureUser(deps, person("u1"), T0)]),
    );
    const accountIds = new Set(users.map((user) => user.memberships[0]!.accountId));
    expect(accountIds.size).toBe(1);
    expect(await tokensOf([...accountIds][0]!)).toBe(3);
    expect(await test.client.db("tollkeeper").collection("accounts").countDocuments({ "members.userId": "u1" })).toBe(
      1,
    );
  });

  it("finishes a sign-up that a crash left without its grant", async () => {
    const deps = depsOver(test.database);
    await deps.accounts.createUserWithAccount({ userId: "u2", accountId: "acc-of-u2", at: T0 });
    expect(await tokensOf("acc-of-u2")).toBe(0);
    await ensureUser(deps, person("u2"), T0);
    expect(await tokensOf("acc-of-u2")).toBe(3);
  });

  it("grants once per address, however it is written, and keeps no address", async () => {
    const deps = depsOver(test.database);
    const first = await ensureUser(deps, person("u3", "Gil@Example.org"), T0);
    const second = await ensureUser(deps, person("u4", " gil@example.org "), T0);
    expect(await tokensOf(first.memberships[0]!.accountId)).toBe(3);
    expect(await tokensOf(second.memberships[0]!.accountId)).toBe(0);
    const stored = JSON.stringify([
      await test.client.db("tollkeeper").collection("identityMarks").find().toArray(),
      await test.client.db("tollkeeper").collection("users").find().toArray(),
      await test.client.db("tollkeeper").collection("accounts").find().toArray(),
    ]);
    expect(stored.toLowerCase()).not.toContain("gil@");
  });

  it("gives anonymous people an account and no tokens", async () => {
    const user = await ensureUser(depsOver(test.database), person("u5", null, true), T0);
    expect(await tokensOf(user.memberships[0]!.accountId)).toBe(0);
  });

  it("keeps the grant for the next call when the wallet was busy", async () => {
    const busy = {
      ...depsOver(test.database),
      post: () => Promise.resolve({ kind: "refused", refusal: refuse("contention") } as const),
    };
    await expect(ensureUser(busy, person("u9"), T0)).rejects.toThrow("The wallet is busy");
    const user = await ensureUser(depsOver(test.database), person("u9"), T0);
    expect(await tokensOf(user.memberships[0]!.accountId)).toBe(3);
  });

  it("waits for a catalog instead of losing the grant", async () => {
    const deps = { ...depsOver(test.database), catalog: () => Promise.resolve({ plans: [], packs: [] }) };
    await expect(ensureUser(deps, person("u6"), T0)).rejects.toThrow("No catalog is published yet");
    const user = await ensureUser(depsOver(test.database), person("u6"), T0);
    expect(await tokensOf(user.memberships[0]!.accountId)).toBe(3);
  });
});

describe("the account a call is about", () => {
  it("is the caller's own when left out, and never somebody else's", async () => {
    const deps = depsOver(test.database);
    const mine = (await ensureUser(deps, person("u7"), T0)).memberships[0]!.accountId;
    const theirs = (await ensureUser(deps, person("u8"), T0)).memberships[0]!.accountId;
    expect(await resolveAccount(deps, person("u7"), undefined, T0)).toEqual({ accountId: mine });
    expect(await resolveAccount(deps, person("u7"), mine, T0)).toEqual({ accountId: mine });
    expect(await resolveAccount(deps, person("u7"), theirs, T0)).toMatchObject({ ok: false, code: "not_a_member" });
  });

  it("has to be named by an operator, and to exist", async () => {
    const deps = depsOver(test.database);
    const operator = { kind: "operator", id: "op" } as const;
    await expect(resolveAccount(deps, operator, undefined, T0)).rejects.toThrow(
      "accountId: expected an account id, got nothing",
    );
    await expect(resolveAccount(deps, operator, "nobody", T0)).rejects.toThrow(
      'expected the id of an account, got "nobody"',
    );
  });
});
