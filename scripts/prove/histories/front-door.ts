import type { MongoClient } from "mongodb";
import type { User } from "realm-web";
import { DATABASE_NAME } from "../../../functions-src/lib/adapters/mongo/schema/collections";
import type { Facts, Name, Operation, Step } from "../../../tests/model/steps";

/** Who plays: a person who owns both accounts, the operator, and the database for what has no door yet. */
export interface Players {
  readonly person: () => Promise<User>;
  readonly operator: () => Promise<User>;
  /** Moves everybody's time; answers the new time. */
  readonly advance: (hours: number) => Promise<number>;
  readonly client: MongoClient;
  readonly accounts: Readonly<Record<Name, string>>;
}

type Answer = Readonly<Record<string, unknown>>;
type Call = readonly [caller: "person" | "operator", name: string, argument: object];

const BAD_INPUT: Answer = { ok: false, code: "bad_input" };
const REASON = "a random history";
const NEVER = "9".repeat(16);

/** Plays steps on wallets of one unit through the front door, and words the answers as the model does. */
export class FrontDoor {
  private readonly holds = new Map<string, string>();
  private readonly entries = new Map<string, string>();
  private readonly lots = new Map<string, string>();
  private readonly names = new Map<string, string>();

  constructor(
    private readonly players: Players,
    readonly unit: string,
  ) {}

  async play(step: Step): Promise<Facts> {
    if (step.kind === "gate") {
      await this.players.client
        .db(DATABASE_NAME)
        .collection<{ _id: string }>("wallets")
        .updateOne({ _id: this.walletOf(step.account) }, { $set: { gate: step.gate } });
      return { ok: true };
    }
    if (step.kind === "wait") {
      await this.players.advance(step.hours);
      return { ok: true };
    }
    const [caller, name, argument] = this.callOf(step);
    const user = await this.players[caller]();
    const answer = await user.callFunction(name, argument).then(
      (answered: unknown) => answered as Answer,
      (error: Error): Answer => {
        // A repeated grant may come after its end; any other error is no answer.
        if (step.kind === "grant" && error.message.includes("expiresAt: expected")) return BAD_INPUT;
        throw error;
      },
    );
    this.remember(step, answer);
    return this.factsOf(step, answer);
  }

  /** The balance of a wallet, or what it was at a past moment. */
  async balance(name: Name, at?: Date): Promise<Answer> {
    const argument = { accountId: this.players.accounts[name], unit: this.unit, ...(at === undefined ? {} : { at }) };
    return (await (await this.players.person()).callFunction("wallet/balance", argument)) as Answer;
  }

  /** How many low-balance warnings a wallet gave. */
  async warnings(name: Name): Promise<number> {
    const causeKey = { $regex: `^low_balance:${this.walletOf(name)}:` };
    const outbox = this.players.client.db(DATABASE_NAME).collection("outbox");
    return outbox.countDocuments({ accountId: this.players.accounts[name], causeKey });
  }

  /** The model's name of a lot: the first time a lot is met it takes the name that the model expects there. */
  nameOf(lotId: unknown, expected: unknown): string {
    const known = this.names.get(String(lotId));
    if (known !== undefined) return known;
    const name = [...this.names.values()].includes(String(expected)) ? `unknown ${String(lotId)}` : String(expected);
    this.names.set(String(lotId), name);
    if (!this.lots.has(name)) this.lots.set(name, String(lotId));
    return name;
  }

  private walletOf(name: Name): string {
    return `${this.players.accounts[name]}:${this.unit}`;
  }

  private callOf(step: Step): Call {
    const { account } = step;
    // Keys belong to the account, which all histories share; so each history brings its own.
    const key = `${this.unit}:${step.key}`;
    const member = { accountId: this.players.accounts[account] };
    const { unit } = this;
    const operator = { key, reason: REASON };
    switch (step.kind) {
      case "consume":
      case "authorize":
      case "preview":
        return ["person", `wallet/${step.kind}`, { ...member, key, unit, ...spendOf(step) }];
      case "capture":
      case "release":
        return ["person", `wallet/${step.kind}`, { ...member, key, ...this.endOf(step, account) }];
      case "extend":
        return ["person", "wallet/extend", { ...member, holdId: this.holdId(step.hold, account), ttlSeconds: 7200 }];
      case "batch":
        return [
          "person",
          "wallet/batch",
          { ...member, key, unit, operations: step.operations.map((one) => this.operationOf(one, account)) },
        ];
      case "transfer":
        return ["person", "wallet/transfer", { ...member, key, unit, ...this.transferOf(step, account) }];
      case "grant":
        return ["operator", "admin/grant", { ...operator, ...member, unit, ...grantOf(step) }];
      case "reverse": {
        const entryId = this.entries.get(step.entry) ?? `${this.walletOf(account)}:${NEVER}`;
        return ["operator", "admin/reverse", { ...operator, entryId, ...amountOf(step) }];
      }
      case "void": {
        const lotId = this.lots.get(step.lot) ?? `${this.walletOf(account)}:lot-${NEVER}`;
        return ["operator", "admin/void", { ...operator, lotId }];
      }
      case "add":
      case "remove": {
        const change = { direction: step.kind, amount: step.amount };
        return ["operator", "admin/adjust", { ...operator, ...member, unit, ...change }];
      }
      case "writeOff":
        return ["operator", "admin/writeOff", { ...operator, ...member, unit, ...amountOf(step) }];
      case "policy": {
        const { overdraft, blocks, transfers, collects } = step;
        const debt = collects === undefined ? undefined : collects ? "collect" : "repay";
        const policy = Object.entries({ overdraftLimit: overdraft, blockInDebt: blocks, transfers, debt });
        const given = Object.fromEntries(policy.filter(([, value]) => value !== undefined));
        return ["operator", "admin/policy", { ...member, unit, ...given, reason: REASON }];
      }
      case "alert":
        return ["person", "account/alerts", { ...member, unit, threshold: step.lowAt }];
      case "gate":
      case "wait":
        throw new Error(`A ${step.kind} is no call`);
    }
  }

  private operationOf(operation: Operation, account: Name): object {
    if (operation.kind === "capture" || operation.kind === "release") {
      return { kind: operation.kind, ...this.endOf(operation, account) };
    }
    if (operation.kind === "transfer") return { kind: operation.kind, ...this.transferOf(operation, account) };
    return { kind: operation.kind, ...spendOf(operation) };
  }

  private transferOf({ amount }: { readonly amount: number }, account: Name): object {
    return { toAccountId: this.players.accounts[account === "a" ? "b" : "a"], amount };
  }

  private endOf(step: Extract<Operation, { readonly kind: "capture" | "release" }>, account: Name): object {
    return { holdId: this.holdId(step.hold, account), ...(step.kind === "capture" ? amountOf(step) : {}) };
  }

  private holdId(step: string, account: Name): string {
    return this.holds.get(step) ?? `${this.walletOf(account)}:hold-${NEVER}`;
  }

  private remember(step: Step, answer: Answer): void {
    if (answer["ok"] !== true || step.kind === "preview") return;
    const results = step.kind === "batch" ? (answer["results"] as readonly Answer[]) : [answer];
    for (const [index, result] of results.entries()) {
      const id = step.kind === "batch" ? `${step.id}.${index}` : step.id;
      if (typeof result["holdId"] === "string") this.holds.set(id, result["holdId"]);
      if (typeof result["entryId"] === "string") this.entries.set(id, result["entryId"]);
      if (typeof result["moreEntryId"] === "string") this.entries.set(`${id}.more`, result["moreEntryId"]);
      if (typeof result["lotId"] === "string") this.lots.set(id, result["lotId"]);
    }
  }

  private factsOf(step: Step, answer: Answer): Facts {
    const { message: _message, retryable: _retryable, ...facts } = answer;
    if (facts["ok"] === false) return facts;
    if (step.kind !== "batch") return pick(step.kind, facts);
    const results = (facts["results"] as readonly Answer[]).map((result) => ({
      kind: result["kind"],
      ...pickResult(result),
    }));
    return { ...pick("batch", facts), results };
  }
}

/** Which facts of an answer the rules decide; ids and times are looked at elsewhere. */
const FACTS: Readonly<Record<string, readonly string[]>> = {
  consume: ["amount", "receipt"],
  preview: ["amount", "receipt"],
  authorize: ["amount", "receipt"],
  capture: ["captured", "released", "receipt"],
  release: ["released"],
  reverse: ["amount", "receipt"],
  void: ["amount", "receipt"],
  add: ["amount", "receipt"],
  remove: ["amount", "receipt"],
  writeOff: ["amount", "receipt"],
};

/** Picks what the rules decide of one result inside a batch; the balance stands beside the results, after the last. */
export function pickResult(result: Answer): Facts {
  const { balance: _balance, ...facts } = pick(String(result["kind"]), result);
  return facts;
}

/** Picks what the rules decide out of an answer. */
export function pick(kind: string, answer: Answer): Facts {
  const fields = ["ok", "replayed", "balance", ...(FACTS[kind] ?? [])];
  return Object.fromEntries(fields.flatMap((field) => (field in answer ? [[field, answer[field]]] : [])));
}

const spendOf = (step: { readonly amount: number; readonly feature: string | null }): object => ({
  amount: step.amount,
  ...(step.feature === null ? {} : { feature: step.feature }),
});

const amountOf = (step: { readonly amount: number | null }): object =>
  step.amount === null ? {} : { amount: step.amount };

function grantOf(step: Extract<Step, { readonly kind: "grant" }>): object {
  const { amount, priority, costMinor, currency, scope, startsAt, endsAt } = step;
  return {
    amount,
    priority,
    costMinor,
    class: step.class,
    ...(currency === null ? {} : { currency }),
    ...(scope === null ? {} : { scope }),
    ...(startsAt === null ? {} : { effectiveAt: new Date(startsAt) }),
    ...(endsAt === null ? {} : { expiresAt: new Date(endsAt) }),
  };
}
