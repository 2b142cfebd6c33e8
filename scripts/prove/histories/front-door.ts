import type { MongoClient } from "mongodb";
import type { User } from "realm-web";
import { DATABASE_NAME } from "../../../functions-src/lib/adapters/mongo/schema/collections";
import type { Facts, Name, Operation, Step } from "../../../tests/model/steps";

/** Who plays: a person who owns both accounts, the operator, and the database for what has no door yet. */
export interface Players {
  readonly person: User;
  readonly operator: User;
  readonly client: MongoClient;
  readonly accounts: Readonly<Record<Name, string>>;
}

type Answer = Readonly<Record<string, unknown>>;
type Call = readonly [caller: "person" | "operator", name: string, argument: object];

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
    const [caller, name, argument] = this.callOf(step);
    const answer = (await this.players[caller].callFunction(name, argument)) as Answer;
    this.remember(step, answer);
    return this.factsOf(step, answer);
  }

  /** The balance of a wallet, or what it was at a past moment. */
  async balance(name: Name, at?: Date): Promise<Answer> {
    const argument = { accountId: this.players.accounts[name], unit: this.unit, ...(at === undefined ? {} : { at }) };
    return (await this.players.person.callFunction("wallet/balance", argument)) as Answer;
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
      case "transfer": {
        const toAccountId = this.players.accounts[account === "a" ? "b" : "a"];
        return ["person", "wallet/transfer", { ...member, key, unit, toAccountId, amount: step.amount }];
      }
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
        const { overdraft, blocks, transfers } = step;
        const policy = Object.entries({ overdraftLimit: overdraft, blockInDebt: blocks, transfers });
        const given = Object.fromEntries(policy.filter(([, value]) => value !== undefined));
        return ["operator", "admin/policy", { ...member, unit, ...given, reason: REASON }];
      }
      case "gate":
        throw new Error("A gate has no function yet");
    }
  }

  private operationOf(operation: Operation, account: Name): object {
    if (operation.kind === "capture" || operation.kind === "release") {
      return { kind: operation.kind, ...this.endOf(operation, account) };
    }
    return { kind: operation.kind, ...spendOf(operation) };
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
