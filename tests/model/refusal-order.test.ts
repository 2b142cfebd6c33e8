import type { User } from "realm-web";
import { advance, call, startProductUnderTest, type ProductUnderTest } from "../support/product";
import { collectionOf, signUpCast } from "./cast";

const MAX = Number.MAX_SAFE_INTEGER;
const CROWD = 1005;
const REASON = "refusals in order";
const USED = "used";

let product: ProductUnderTest;
let person: User;
let operator: User;
let mine: string;
let partner: string;
let stranger: string;
let units = 0;

beforeAll(async () => {
  product = await startProductUnderTest(":memory:", { TEST_CLOCK: "1" });
  ({ person, operator, mine, partner, stranger } = await signUpCast(product, "rows"));
});
afterAll(() => product.close());

const collection = (name: string) => collectionOf(product, name);

/** One defect of a call: how the call is refused while it is the first that is left, and what takes it away. */
interface Row {
  readonly defect: string;
  readonly answer: object;
  readonly repair: () => unknown;
}

type Argument = Record<string, unknown>;

/** Makes the calls with all defects, then with one less each time, until they succeed. */
async function walk(
  user: User,
  names: string | readonly string[],
  argument: Argument,
  rows: readonly Row[],
): Promise<void> {
  const calls = [names].flat().map((name, index) => () => {
    const key =
      index > 0 && !["", USED].includes(String(argument["key"])) ? { key: `${String(argument["key"])}-${index}` } : {};
    return call<{ ok?: boolean; code?: string }>(user, name, { ...argument, ...key });
  });
  for (const { defect, answer, repair } of rows) {
    for (const attempt of calls) {
      const got = await attempt().catch((error: Error) => ({ error: error.message }));
      expect({ defect, got }).toEqual({ defect, got: expect.objectContaining(answer) as object });
    }
    await repair();
  }
  for (const attempt of calls) expect(await attempt()).toMatchObject({ ok: true });
}

const refused = (code: string, facts: object = {}): object => ({ ok: false, code, retryable: false, ...facts });
const badInput = (path: string): object => ({ error: expect.stringContaining(`${path}: expected`) as string });

/** A fresh wallet of the person, with the means to give it defects. */
class Bench {
  readonly unit = `row${(units += 1)}`;

  async operate(name: string, argument: Argument): Promise<Record<string, unknown>> {
    const answer = await call<Record<string, unknown>>(operator, `admin/${name}`, { reason: REASON, ...argument });
    if (answer["ok"] !== true) throw new Error(`admin/${name} was refused: ${String(answer["code"])}`);
    return answer;
  }
  grant(amount: number, more: Argument = {}): Promise<Record<string, unknown>> {
    const key = `${this.unit}-${String(more["key"] ?? (units += 1))}`;
    return this.operate("grant", { accountId: mine, unit: this.unit, amount, class: "promo", ...more, key });
  }
  policy(policy: Argument): Promise<unknown> {
    return this.operate("policy", { accountId: mine, unit: this.unit, ...policy });
  }
  async spend(amount: number, key = `${this.unit}-${(units += 1)}`): Promise<Record<string, unknown>> {
    const argument = { accountId: mine, unit: this.unit, key, amount };
    return call<Record<string, unknown>>(person, "wallet/consume", argument);
  }
  async hold(amount: number): Promise<string> {
    const argument = { accountId: mine, unit: this.unit, key: `${this.unit}-${(units += 1)}`, amount };
    return (await call<{ holdId: string }>(person, "wallet/authorize", argument)).holdId;
  }
  /** Nothing closes an account yet, so the wallet's copy of its state is set directly. */
  async gate(gate: string): Promise<void> {
    await collection("wallets").updateOne({ _id: `${mine}:${this.unit}` }, { $set: { gate } });
  }
  /** Debt of 5 that refuses spends, on a wallet that allowed it once. */
  async owe(): Promise<void> {
    await this.policy({ overdraftLimit: 5 });
    await this.spend(5);
    await this.policy({ overdraftLimit: 0, blockInDebt: true });
  }
  async crowd(): Promise<void> {
    let left = CROWD;
    // Few at once: more of them would meet in two workers and be told `contention`, which is another guarantee.
    const client = async (): Promise<void> => {
      for (; left > 0;) {
        left -= 1;
        await this.grant(1);
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
  }
  /** The first rows of every member's call. */
  head(argument: Argument): Row[] {
    return [
      { defect: "bad input", answer: badInput("key"), repair: () => (argument["key"] = USED) },
      { defect: "no member", answer: refused("not_a_member"), repair: () => (argument["accountId"] = mine) },
      { defect: "used key", answer: refused("key_reused"), repair: () => (argument["key"] = this.unit) },
    ];
  }
  gates(): Row[] {
    return [
      { defect: "closed", answer: refused("account_closed"), repair: () => this.gate("suspended") },
      { defect: "suspended", answer: refused("account_suspended"), repair: () => this.gate("frozen") },
      { defect: "frozen", answer: refused("wallet_frozen"), repair: () => this.gate("open") },
    ];
  }
  debt(): Row {
    const repair = (): unknown => this.policy({ blockInDebt: false });
    return { defect: "debt", answer: refused("in_debt", { debt: 5 }), repair };
  }
  /** A crowd of lots of 1, of which one operation may touch 1,000; then too few of them. */
  shortages(rescue: number): Row[] {
    const many = refused("too_many_lots", { max: 1000, coverable: 1000 });
    const remove = async (): Promise<void> => {
      // An operator who removes units meets the same bound.
      const change = { accountId: mine, unit: this.unit, direction: "remove", reason: REASON };
      const tooMany = { ...change, key: `${this.unit}-r`, amount: 1002 };
      expect(await call<object>(operator, "admin/adjust", tooMany)).toMatchObject(many);
      await this.operate("adjust", { ...change, key: `${this.unit}-r`, amount: 905 });
    };
    return [
      { defect: "many lots", answer: many, repair: remove },
      {
        defect: "too few tokens",
        answer: refused("insufficient_tokens", { missing: 902, available: 100 }),
        repair: () => this.grant(rescue),
      },
    ];
  }
}

const member = (more: Argument): Argument => ({ accountId: stranger, key: "", ...more });

describe("a call with many defects is refused for the first in the documented order", () => {
  beforeAll(async () => {
    const argument = { accountId: mine, unit: "tokens", key: USED, amount: 1 };
    expect(await call<object>(person, "wallet/consume", argument)).toMatchObject({ ok: true });
    const grant = { accountId: mine, unit: "tokens", key: USED, amount: 1, class: "promo", reason: REASON };
    expect(await call<object>(operator, "admin/grant", grant)).toMatchObject({ ok: true });
  });

  it("wallet/consume and wallet/authorize", async () => {
    const bench = new Bench();
    await bench.owe();
    await bench.crowd();
    await bench.gate("closed");
    const argument = member({ unit: bench.unit, amount: 1002 });
    const rows = [...bench.head(argument), ...bench.gates(), bench.debt(), ...bench.shortages(1904)];
    await walk(person, ["wallet/consume", "wallet/authorize"], argument, withOutages(rows));
  });

  it("wallet/preview, as consume but without a key", async () => {
    const bench = new Bench();
    await bench.owe();
    await bench.gate("closed");
    const argument = member({ unit: bench.unit, amount: 1.5 });
    delete argument["key"];
    const [, foreign] = bench.head(argument);
    if (foreign === undefined) throw new Error("The rows begin otherwise");
    await walk(person, "wallet/preview", argument, [
      { defect: "bad input", answer: badInput("amount"), repair: () => (argument["amount"] = 3) },
      foreign,
      ...bench.gates(),
      bench.debt(),
      {
        defect: "no tokens",
        answer: refused("insufficient_tokens", { missing: 3, available: 0 }),
        repair: () => bench.grant(3),
      },
    ]);
  });

  it.each(["wallet/capture", "wallet/release"])("%s, which goes on while the account is closed", async (name) => {
    const bench = new Bench();
    await bench.grant(9);
    const holdId = await bench.hold(4);
    await bench.gate("closed");
    const isCapture = name === "wallet/capture";
    const argument = member({ holdId: `${mine}:${bench.unit}:hold-none`, ...(isCapture ? { amount: 5 } : {}) });
    const ended = { defect: "no hold", answer: refused("hold_not_open"), repair: () => (argument["holdId"] = holdId) };
    const repair = (): unknown => (argument["amount"] = 3);
    const more = { defect: "more than held", answer: refused("exceeds_hold", { held: 4 }), repair };
    await walk(person, name, argument, [...bench.head(argument), ended, ...(isCapture ? [more] : [])]);
    expect(await call<object>(person, name, { ...argument, key: `${bench.unit}-again` })).toMatchObject(
      refused("hold_not_open", { state: isCapture ? "captured" : "released" }),
    );
  });

  it("wallet/extend", async () => {
    const bench = new Bench();
    await bench.grant(9);
    const holdId = await bench.hold(4);
    await bench.gate("closed");
    const argument: Argument = { accountId: stranger, holdId: `${mine}:${bench.unit}:hold-none`, ttlSeconds: 0 };
    await walk(person, "wallet/extend", argument, [
      { defect: "bad input", answer: badInput("ttlSeconds"), repair: () => (argument["ttlSeconds"] = 60) },
      { defect: "no member", answer: refused("not_a_member"), repair: () => (argument["accountId"] = mine) },
      ...bench.gates(),
      { defect: "no hold", answer: refused("hold_not_open"), repair: () => (argument["holdId"] = holdId) },
    ]);
  });

  it("wallet/transfer", async () => {
    const bench = new Bench();
    await bench.owe();
    await bench.gate("closed");
    const full = { accountId: partner, unit: bench.unit, amount: MAX, class: "promo", key: `${bench.unit}-full` };
    const { lotId } = await bench.operate("grant", full);
    const argument = member({ unit: bench.unit, toAccountId: partner, amount: 4 });
    // An allocation made by hand repays nothing, and may not be moved.
    await bench.grant(9, { class: "allocation" });
    await bench.policy({ debt: "collect" });
    await walk(person, "wallet/transfer", argument, [
      ...bench.head(argument),
      ...bench.gates(),
      {
        defect: "not allowed",
        answer: refused("transfer_not_allowed"),
        repair: () => bench.policy({ transfers: true }),
      },
      bench.debt(),
      {
        defect: "nothing bought",
        answer: refused("insufficient_tokens", { missing: 4, available: 0 }),
        repair: async () => {
          await bench.grant(4, { class: "pack" });
          await advance(product, { seconds: 30 * 86_400 });
        },
      },
      {
        defect: "no room",
        answer: refused("balance_limit"),
        repair: () => bench.operate("void", { key: `${bench.unit}-v`, lotId }),
      },
    ]);
  });

  it("wallet/batch, for the first operation that is refused", async () => {
    const bench = new Bench();
    await bench.owe();
    await bench.gate("closed");
    const capture: Argument = { kind: "capture", holdId: `${mine}:${bench.unit}:hold-none`, amount: 5 };
    const argument = member({ unit: bench.unit, operations: [{ kind: "consume", amount: 2 }, capture] });
    const at = (index: number, code: string, facts: object = {}): object => refused(code, { index, ...facts });
    await walk(person, "wallet/batch", argument, [
      ...bench.head(argument),
      ...bench.gates(),
      bench.debt(),
      { defect: "no tokens", answer: at(0, "insufficient_tokens", { missing: 2 }), repair: () => bench.grant(9) },
      {
        defect: "no hold",
        answer: at(1, "hold_not_open"),
        repair: async () => (capture["holdId"] = await bench.hold(4)),
      },
      { defect: "more than held", answer: at(1, "exceeds_hold", { held: 4 }), repair: () => (capture["amount"] = 4) },
    ]);
  });

  it("admin/grant and admin/adjust, which go on while the account is closed", async () => {
    for (const [name, more] of [
      ["admin/grant", { class: "promo" }],
      ["admin/adjust", { direction: "add" }],
    ] as const) {
      const bench = new Bench();
      const { lotId } = await bench.grant(MAX);
      await bench.gate("closed");
      const argument: Argument = { key: "", accountId: mine, unit: bench.unit, amount: 1, reason: REASON, ...more };
      const repair = (): unknown => bench.operate("void", { key: `${bench.unit}-v`, lotId });
      const full = { defect: "no room", answer: refused("balance_limit"), repair };
      await walk(operator, name, argument, [...operatorHead(bench, argument), full]);
    }
  });

  it("admin/adjust that removes", async () => {
    const bench = new Bench();
    const change = { unit: bench.unit, direction: "remove", amount: 4 };
    const argument: Argument = { key: "", accountId: mine, ...change, reason: REASON };
    const answer = refused("insufficient_tokens", { missing: 4, available: 0 });
    const few = { defect: "too few tokens", answer, repair: () => bench.grant(4) };
    await walk(operator, "admin/adjust", argument, [...operatorHead(bench, argument), few]);
  });

  it("admin/reverse", async () => {
    const bench = new Bench();
    await bench.grant(9);
    const { entryId } = await bench.spend(4);
    const { lotId } = await bench.grant(MAX - 6);
    const argument: Argument = { key: "", entryId, amount: 5, reason: REASON };
    const repair = (): unknown => (argument["amount"] = 4);
    await walk(operator, "admin/reverse", argument, [
      ...operatorHead(bench, argument),
      { defect: "more than spent", answer: refused("exceeds_spend", { reversible: 4 }), repair },
      {
        defect: "no room",
        answer: refused("balance_limit"),
        repair: () => bench.operate("void", { key: `${bench.unit}-v`, lotId }),
      },
    ]);
  });

  it("admin/void and admin/writeOff", async () => {
    const bench = new Bench();
    const { lotId } = await bench.grant(2);
    const holdId = await bench.hold(2);
    const lot: Argument = { key: "", lotId, reason: REASON };
    const release = (): unknown =>
      call(person, "wallet/release", { accountId: mine, holdId, key: `${bench.unit}-release` });
    await walk(operator, "admin/void", lot, [
      ...operatorHead(bench, lot),
      { defect: "all on hold", answer: refused("nothing_to_void"), repair: release },
    ]);
    const debt: Argument = { key: "", accountId: mine, unit: bench.unit, reason: REASON };
    await walk(operator, "admin/writeOff", debt, [
      ...operatorHead(bench, debt, `${bench.unit}-w`),
      { defect: "no debt", answer: refused("nothing_to_void"), repair: () => bench.owe() },
    ]);
  });
});

/** Rows, and after the last the trouble of a database: a wallet that others keep busy, a commit whose fate nobody learns. */
function withOutages(rows: readonly Row[]): Row[] {
  const fail = (mode: string, data: object = {}): Promise<unknown> =>
    product.client.db("admin").command({ configureFailPoint: "failCommand", mode, data });
  const conflict = { failCommands: ["update"], errorCode: 112, errorLabels: ["TransientTransactionError"] };
  const lost = { failCommands: ["commitTransaction"], errorCode: 50, errorLabels: ["UnknownTransactionCommitResult"] };
  const refusedFor = (code: string): object => ({ ok: false, code, retryable: true });
  const [last] = rows.slice(-1);
  const repair = async (): Promise<void> => {
    await last?.repair();
    await fail("alwaysOn", conflict);
  };
  return [
    ...rows.slice(0, -1),
    ...(last === undefined ? [] : [{ ...last, repair }]),
    { defect: "busy", answer: refusedFor("contention"), repair: () => fail("alwaysOn", lost) },
    { defect: "fate unknown", answer: refusedFor("outcome_unknown"), repair: () => fail("off") },
  ];
}

/** The first rows of every operator's call. */
function operatorHead(bench: Bench, argument: Argument, key = bench.unit): Row[] {
  return [
    { defect: "bad input", answer: badInput("key"), repair: () => (argument["key"] = USED) },
    { defect: "used key", answer: refused("key_reused"), repair: () => (argument["key"] = key) },
  ];
}
