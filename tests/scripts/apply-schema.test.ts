import { Long } from "mongodb";
import { COLLECTIONS, DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { applySchema } from "../../scripts/db/apply-schema";
import { startTestDatabase, type TestDatabase } from "../support/embedded";

let test: TestDatabase;
beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.close());

const apply = (mode: "apply" | "compare", prune = false) => applySchema(test.client, { mode, prune });
const db = () => test.client.db(DATABASE_NAME);

describe("applying the schema", () => {
  it("changes nothing the second time", async () => {
    expect(await apply("apply")).toEqual([]);
    expect(await apply("compare")).toEqual([]);
  });

  it("mends a validator that somebody loosened, and tells before it does", async () => {
    await db().command({ collMod: "ledger", validator: {}, validationLevel: "moderate" });
    expect(await apply("compare")).toMatchObject([{ kind: "set_validator", collection: "ledger" }]);
    expect(await apply("apply")).toMatchObject([{ kind: "set_validator", collection: "ledger" }]);
    expect(await apply("compare")).toEqual([]);
  });

  it("makes a missing index and drops a foreign one only when asked to", async () => {
    await db().collection("ledger").dropIndex("operation_key");
    await db().collection("ledger").createIndex({ actor: 1 }, { name: "somebody_elses" });
    expect(await apply("apply")).toMatchObject([
      { kind: "create_index", detail: expect.stringContaining("operation_key") },
    ]);
    expect(await apply("compare", true)).toMatchObject([{ kind: "drop_index", detail: "somebody_elses" }]);
    await apply("apply", true);
    const names = (await db().collection("ledger").listIndexes().toArray()).map((index) => String(index["name"]));
    expect(names.sort()).toEqual(["_id_", "cause", "debt_changes", "operation_key", "wallet_time"]);
  });

  it("names an index that differs and replaces it only when asked to", async () => {
    await db().collection("lots").dropIndex("cause_part");
    await db().collection("lots").createIndex({ accountId: 1 }, { name: "cause_part" });
    expect(await apply("apply")).toMatchObject([{ kind: "replace_index", collection: "lots" }]);
    await apply("apply", true);
    expect(await apply("compare")).toEqual([]);
  });
});

describe("every collection", () => {
  it.each(COLLECTIONS.map((definition) => [definition.name, definition] as const))(
    "%s is closed: a document with a further field is refused",
    async (name) => {
      const stranger = { _id: "stranger", schemaVersion: 1, stranger: true } as unknown as { _id: string };
      await expect(db().collection<{ _id: string }>(name).insertOne(stranger)).rejects.toMatchObject({ code: 121 });
    },
  );

  it("has a reason for every index, and its shard key at the head of every unique one", () => {
    for (const { name, indexes, shardKey } of COLLECTIONS) {
      for (const index of indexes) {
        expect([name, index.name, index.serves.length > 20]).toEqual([name, index.name, true]);
        if (index.unique) expect([name, Object.keys(index.key)[0]]).toEqual([name, shardKey]);
      }
    }
  });
});

describe("the validator of wallets", () => {
  const long = (value: number): Long => Long.fromNumber(value);
  const wallet = (overrides: object): { _id: string } =>
    ({
      _id: `acc:${JSON.stringify(overrides)}`.slice(0, 200),
      accountId: "acc",
      unit: "tokens",
      schemaVersion: 1,
      seq: long(0),
      head: "0".repeat(64),
      at: new Date(0),
      gate: "open",
      policy: {
        overdraftLimit: long(0),
        debt: "repay",
        blockInDebt: false,
        transfers: false,
        transferWaitDays: 30,
        clawbackFromLaterLots: false,
      },
      alert: { lowAt: null, channel: null, armed: true },
      nextHoldAt: null,
      clocks: [],
      claims: [],
      topUp: null,
      available: long(0),
      pending: long(0),
      frozen: long(0),
      held: long(0),
      debt: long(0),
      dueAt: null,
      lots: [],
      waiting: { count: long(0), remaining: long(0), nextAt: null },
      ...overrides,
    }) as { _id: string };
  const rows: readonly [string, object][] = [
    ["a balance that is a double", { available: 0.5 }],
    ["a balance that is a 32-bit integer", { debt: 0 }],
    ["a balance below zero", { debt: long(-1) }],
    ["a balance without lots behind it", { available: long(5) }],
    ["a word that is no gate", { gate: "ajar" }],
    ["an unknown schema version", { schemaVersion: 99 }],
  ];

  it("accepts an empty wallet", async () => {
    await expect(db().collection<{ _id: string }>("wallets").insertOne(wallet({}))).resolves.toMatchObject({
      acknowledged: true,
    });
  });

  it.each(rows)("refuses %s", async (_what, overrides) => {
    await expect(db().collection<{ _id: string }>("wallets").insertOne(wallet(overrides))).rejects.toMatchObject({
      code: 121,
    });
  });
});
