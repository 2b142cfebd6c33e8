import { createHash } from "node:crypto";
import { toAmount } from "../../functions-src/lib/domain/amount";
import type { GrantCommand, SpendCommand, WalletCommand } from "../../functions-src/lib/domain/commands";
import type { Entry } from "../../functions-src/lib/domain/entry";
import { hashableEntry } from "../../functions-src/lib/domain/hashable-entry";
import type { OpenLot } from "../../functions-src/lib/domain/lot";
import { neededLots, operationTime, planBatch, type BatchPlan } from "../../functions-src/lib/domain/plan-batch";
import { emptyWallet, type Wallet } from "../../functions-src/lib/domain/wallet";
import type { LoadedLots } from "../../functions-src/lib/domain/wallet-draft";
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
    ...rest,
  };
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
    granted: toAmount(10),
    remaining: toAmount(10),
    pending: false,
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

  post(commands: readonly WalletCommand[], now: number): BatchPlan {
    const needed = neededLots(this.wallet, commands, now);
    const plan = planBatch(this.wallet, this.load(needed, operationTime(this.wallet, now)), commands, now);
    if (plan.changes !== null) {
      const sealed = sealEntries(plan.changes, this.wallet.head, testDigest);
      this.wallet = sealed.wallet;
      this.entries.push(...sealed.entries);
      for (const { lot, state } of sealed.lotStates) {
        if (state === "waiting") this.waiting.set(lot.id, lot);
        else this.waiting.delete(lot.id);
      }
    }
    return plan;
  }

  private load(needed: { first: boolean; due: boolean }, at: number, pageSize = 5): LoadedLots {
    if (!needed.first && !needed.due) return { first: [], due: [], nextAtOfOthers: null };
    const all = [...this.waiting.values()];
    const first = needed.first ? all.sort((a, b) => (burnKey(a) < burnKey(b) ? -1 : 1)).slice(0, pageSize) : [];
    const due = needed.due
      ? all.filter((lot) => (nextDueAt(lot) ?? Infinity) <= at).sort((a, b) => nextDueAt(a)! - nextDueAt(b)!)
      : [];
    const known = new Set([...first, ...due].map((lot) => lot.id));
    const others = all.filter((lot) => !known.has(lot.id));
    return { first, due, nextAtOfOthers: earliest(others.map(nextDueAt)) };
  }
}

/** The hash of an entry under the test digest. */
export const testHashOf = ({ hash: _hash, ...content }: Entry): string => testDigest.json(hashableEntry(content));
