import { createHash } from "node:crypto";
import { toAmount } from "../../functions-src/lib/domain/amount";
import type {
  AuthorizeCommand,
  GrantCommand,
  SpendCommand,
  WalletCommand,
} from "../../functions-src/lib/domain/commands";
import { newFate, nextFate } from "../../functions-src/lib/domain/debt";
import type { Entry } from "../../functions-src/lib/domain/entry";
import { hashableEntry } from "../../functions-src/lib/domain/hashable-entry";
import type { LotFact, OpenLot, ReceiptLine } from "../../functions-src/lib/domain/lot";
import {
  missingUnits,
  neededFacts,
  operationTime,
  planBatch,
  type BatchFacts,
  type BatchPlan,
  type NeededFacts,
} from "../../functions-src/lib/domain/plan-batch";
import { DEFAULT_HOLD_TERMS, type Hold } from "../../functions-src/lib/domain/hold";
import type { PaymentFact } from "../../functions-src/lib/domain/payment";
import type { OutboxMessage } from "../../functions-src/lib/domain/outbox-message";
import type { Original } from "../../functions-src/lib/domain/wallet-draft";
import { emptyWallet, type Wallet } from "../../functions-src/lib/domain/wallet";
import { earliest } from "../../functions-src/lib/domain/wallet";
import { nextDueAt } from "../../functions-src/lib/domain/lot";
import { burnKey } from "../../functions-src/lib/domain/burn-key";
import { sealEntries } from "../../functions-src/lib/usecases/seal-entries";
import type { Digest } from "../../functions-src/lib/ports/digest";

/** A moment in the middle of nowhere special: 2026-03-01T00:00:00Z. */
export const T0 = Date.UTC(2026, 2, 1);
export const DAY = 86_400_000;

let counter = 0;
const nextKey = (): string => `key-${(counter += 1)}`;

export function spendOf(amount: number, overrides: Partial<SpendCommand> & { key?: string } = {}): SpendCommand {
  const { key = nextKey(), ...rest } = overrides;
  return {
    kind: "spend",
    identity: { scope: "client", key, fingerprint: `spend:${amount}:${rest.feature ?? ""}` },
    actor: { kind: "user", id: "u1" },
    note: null,
    amount: toAmount(amount),
    feature: null,
    use: null,
    ...rest,
  };
}

export function authorizeOf(amount: number, overrides: Partial<AuthorizeCommand> = {}): AuthorizeCommand {
  const { use: _use, ...base } = spendOf(amount);
  return { ...base, kind: "authorize", ttlMs: 3_600_000, terms: DEFAULT_HOLD_TERMS, ...overrides };
}

export function grantOf(amount: number, overrides: Partial<GrantCommand> & { key?: string } = {}): GrantCommand {
  const { key = nextKey(), ...rest } = overrides;
  return {
    kind: "grant",
    identity: { scope: "operator", key, fingerprint: `grant:${amount}` },
    actor: { kind: "operator", id: "op" },
    note: null,
    amount: toAmount(amount),
    class: "promo",
    priority: 50,
    scope: null,
    effectiveAt: null,
    expiresAt: null,
    costMinor: toAmount(0),
    currency: null,
    cause: { kind: "operator", id: `cause:${key}` },
    payment: null,
    ...rest,
  };
}

export function lotOf(id: string, overrides: Partial<OpenLot> = {}): OpenLot {
  return {
    id,
    class: "promo",
    priority: 50,
    scope: null,
    effectiveAt: T0,
    expiresAt: null,
    costMinor: toAmount(0),
    currency: null,
    grantedAt: T0,
    rootCause: `cause:${id}`,
    granted: toAmount(10),
    remaining: toAmount(10),
    pending: false,
    frozenBy: [],
    ...overrides,
  };
}

/** A digest of plain SHA-256, for chains in tests. */
export const testDigest: Digest = {
  text: (content) => createHash("sha256").update(content).digest("hex"),
  json: (value) => createHash("sha256").update(JSON.stringify(value)).digest("hex"),
  keyed: (content) => createHash("sha256").update(`keyed:${content}`).digest("hex"),
};

/** A wallet with its ledger in memory, fed by the pure plan: the smallest thing that behaves like the store. */
export class MemoryWallet {
  wallet: Wallet = emptyWallet({ accountId: "acc", unit: "tokens" });
  readonly entries: Entry[] = [];
  readonly waiting = new Map<string, OpenLot>();
  readonly lots = new Map<string, LotFact>();
  readonly holds = new Map<string, Hold>();
  readonly messages: OutboxMessage[] = [];
  readonly payments = new Map<string, PaymentFact>();

  post(commands: readonly WalletCommand[], now: number): BatchPlan {
    const plan = planBatch(this.load(neededFacts(this.wallet, commands, now), now), commands, now);
    if (plan.changes !== null) {
      const sealed = sealEntries(plan.changes, testDigest);
      this.wallet = sealed.wallet;
      this.entries.push(...sealed.entries);
      this.messages.push(...sealed.messages);
      for (const payment of [...sealed.payments, ...sealed.changedPayments]) this.payments.set(payment.cause, payment);
      for (const lot of sealed.lots) this.lots.set(lot.id, lot);
      for (const hold of sealed.holds) this.holds.set(hold.id, hold);
      for (const { lot, state } of sealed.lotStates) {
        if (state === "waiting") this.waiting.set(lot.id, lot);
        else this.waiting.delete(lot.id);
      }
    }
    return plan;
  }

  private load(needed: NeededFacts, now: number, pageSize = 5): BatchFacts {
    const at = operationTime(this.wallet, now);
    const open = [...this.holds.values()].filter((hold) => hold.state === "open");
    const dueHolds = needed.dueHolds ? open.filter((hold) => hold.expiresAt <= at) : [];
    const holds = [...needed.holdIds.flatMap((id) => this.holds.get(id) ?? []), ...dueHolds];
    const clawbacks = this.entries.filter(({ kind, cause }) => kind === "clawback" && needed.causes.includes(cause.id));
    const originals = [...needed.entryIds, ...clawbacks.map(({ id }) => id)].flatMap((id) => this.original(id));
    const ofCauses = [...this.lots.values()].filter(({ rootCause }) => needed.causes.includes(rootCause));
    const named = new Set([
      ...needed.lotIds,
      ...ofCauses.map(({ id }) => id),
      ...holds.flatMap((hold) => hold.receipt.map((line) => line.lotId)),
      ...originals.flatMap(({ entry }) => entry.receipt.map((line) => line.lotId)),
    ]);
    const all = [...this.waiting.values()];
    const first =
      missingUnits(this.wallet, needed, holds, at) > 0
        ? all.sort((a, b) => (burnKey(a) < burnKey(b) ? -1 : 1)).slice(0, pageSize)
        : [];
    const due = needed.due ? all.filter((lot) => (nextDueAt(lot) ?? Infinity) <= at) : [];
    const others = [...due, ...all.filter((lot) => named.has(lot.id))];
    const known = new Set([...first, ...others].map((lot) => lot.id));
    const rest = all.filter((lot) => !known.has(lot.id));
    return {
      wallet: this.wallet,
      lots: { first, others, nextAtOfOthers: earliest(rest.map(nextDueAt)) },
      records: {
        holds: new Map(holds.map((hold) => [hold.id, hold])),
        originals: new Map(originals.map((original) => [original.entry.id, original])),
        counters: new Map(),
        payments: this.payments,
        lots: new Map([...named].flatMap((id) => (this.lots.has(id) ? [[id, this.lots.get(id)!] as const] : []))),
      },
      ...(needed.dueHolds
        ? { nextHoldAtOfOthers: earliest(open.filter((hold) => hold.expiresAt > at).map((hold) => hold.expiresAt)) }
        : {}),
    };
  }

  private original(entryId: string): Original[] {
    const entry = this.entries.find(({ id }) => id === entryId);
    if (entry === undefined) return [];
    const reversals = this.entries.filter(
      ({ kind, cause }) => ["reverse", "reinstate"].includes(kind) && cause.id === entryId,
    );
    return [
      {
        entry,
        given: reversals.flatMap(({ answer }) => answer["given"] as unknown as ReceiptLine[]),
        givenDebt: reversals.reduce((sum, { answer }) => sum + Number(answer["debt"]), 0),
        fate: this.entries.filter(({ seq }) => seq > entry.seq).reduce(nextFate, newFate(entry)),
        absorbed: reversals.reduce((sum, { answer }) => sum + Number(answer["forgiven"] ?? 0), 0),
      },
    ];
  }
}

/** The hash of an entry under the test digest. */
export const testHashOf = ({ hash: _hash, ...content }: Entry): string => testDigest.json(hashableEntry(content));
