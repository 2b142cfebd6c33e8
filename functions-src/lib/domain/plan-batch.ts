import type { Outcome, SingleCommand, TransferCommand, WalletCommand } from "./commands";
import {
  type LoadedLots,
  NOTHING_LOADED,
  type WalletChanges,
  closeDraft,
  embeddingHorizon,
  loadedLots,
} from "./close-draft";
import type { Hold } from "./hold";
import type { Instant } from "./instant";
import { unscopedUnits } from "./lot";
import { watchBalance } from "./low-balance";
import { planStep } from "./plan-step";
import { refuse } from "./refusal";
import { settle } from "./settle";
import { movedUnits, transferIn } from "./transfer";
import type { UsageCounter } from "./usage";
import { type Wallet, earliest } from "./wallet";
import { NO_RECORDS, type NamedRecords, type WalletDraft, openDraft } from "./wallet-draft";

/** What has to be read beside the wallet before a batch can be planned. */
export interface NeededFacts {
  /** How many units the embedded lots lack, so that the first waiting lots have to pay; 0 = none. */
  readonly missing: number;
  /** Waiting lots with something due. */
  readonly due: boolean;
  /** Open holds whose lease is over. */
  readonly dueHolds: boolean;
  readonly holdIds: readonly string[];
  readonly entryIds: readonly string[];
  readonly lotIds: readonly string[];
  readonly counters: readonly Omit<UsageCounter, "used">[];
}

/** Everything that was read for a batch. */
export interface BatchFacts {
  readonly wallet: Wallet;
  readonly lots: LoadedLots;
  readonly records: NamedRecords;
  /** The next deadline among the open holds that were not read; undefined when no due holds were asked for. */
  readonly nextHoldAtOfOthers?: Instant | null;
}

/** Tells whether anything has to be read beside the wallet. */
export function needsNothing(needed: NeededFacts): boolean {
  const { missing, due, dueHolds, holdIds, entryIds, lotIds, counters } = needed;
  return missing === 0 && !due && !dueHolds && holdIds.length + entryIds.length + lotIds.length + counters.length === 0;
}

/** The facts of a batch that needs nothing beside the wallet. */
export function onlyWallet(wallet: Wallet): BatchFacts {
  return { wallet, lots: NOTHING_LOADED, records: NO_RECORDS };
}

/** The time of an operation: never before the wallet's last time, so that clocks which disagree keep the order. */
export function operationTime(wallet: Wallet, now: Instant): Instant {
  return Math.max(now, wallet.at);
}

/** All single operations of commands, those inside batches included. */
function operationsOf(commands: readonly WalletCommand[]): readonly SingleCommand[] {
  return commands.flatMap((command) => {
    if (command.kind === "batch") return command.operations;
    return command.kind === "transfer" ? [] : [command];
  });
}

/**
 * Tells what a batch needs: waiting lots with something due, the first in burn order when the embedded lots may not cover
 * what the batch takes, holds whose lease is over, and the records that its commands name.
 */
export function neededFacts(wallet: Wallet, commands: readonly WalletCommand[], now: Instant): NeededFacts {
  const at = operationTime(wallet, now);
  const operations = operationsOf(commands);
  const moved = commands.some(({ kind }) => kind === "transfer");
  const asked = operations.reduce((sum, operation) => sum + takes(operation), 0);
  const certain = unscopedUnits(wallet.lots, at);
  const waits = wallet.waiting.count > 0;
  return {
    // What may be transferred may lie anywhere in burn order.
    missing: waits ? (moved ? Number.MAX_SAFE_INTEGER : Math.max(0, asked - certain)) : 0,
    due: waits && wallet.waiting.nextAt !== null && wallet.waiting.nextAt <= at,
    dueHolds: wallet.nextHoldAt !== null && wallet.nextHoldAt <= at,
    holdIds: operations.flatMap((operation) =>
      operation.kind === "capture" || operation.kind === "release" ? [operation.holdId] : [],
    ),
    entryIds: operations.flatMap((operation) => (operation.kind === "reverse" ? [operation.entryId] : [])),
    lotIds: operations.flatMap((operation) => (operation.kind === "void" ? [operation.lotId] : [])),
    counters: operations.flatMap((operation) =>
      operation.kind !== "spend" || operation.use === null || "code" in operation.use ? [] : [operation.use.counter],
    ),
  };
}

function takes(operation: SingleCommand): number {
  switch (operation.kind) {
    case "spend":
    case "authorize":
      return operation.amount;
    case "adjust":
      return operation.direction === "remove" ? operation.amount : 0;
    case "grant":
    case "capture":
    case "release":
    case "reverse":
    case "void":
    case "write_off":
      return 0;
  }
}

/** The plan of a batch: what became of each command, and what to write; null = nothing. */
export interface BatchPlan {
  readonly outcomes: readonly Outcome[];
  readonly changes: WalletChanges | null;
}

/**
 * Plans commands on one wallet: settles what is due, then folds the commands in their order.
 * Of two commands with one key the first decides: the second is its replay, or `key_reused` when its input differs.
 */
export function planBatch(facts: BatchFacts, commands: readonly WalletCommand[], now: Instant): BatchPlan {
  const { wallet, lots } = facts;
  const at = operationTime(wallet, now);
  const horizon = embeddingHorizon(wallet, lots);
  let draft = settledDraft(facts, at);
  const outcomes: Outcome[] = [];
  const decided = new Map<string, Outcome & { kind: "booked" }>();
  for (const command of commands) {
    const name = `${command.identity.scope}:${command.identity.key}`;
    const earlier = decided.get(name);
    if (earlier !== undefined) {
      outcomes.push(repeat(earlier, command));
      continue;
    }
    const before = draft.entries.length;
    const step = planStep(draft, command, { at, horizon });
    if ("refusal" in step) {
      outcomes.push({ kind: "refused", refusal: step.refusal });
      continue;
    }
    draft = step.draft;
    const outcome = bookedOutcome(draft, before);
    decided.set(name, outcome);
    outcomes.push(outcome);
  }
  return { outcomes, changes: closeDraft(draft, wallet, lots) };
}

/** Opens a draft and books everything that is due, which is also what a balance looks like at an instant. */
export function settledDraft({ wallet, lots, records, nextHoldAtOfOthers }: BatchFacts, at: Instant): WalletDraft {
  const settled = settle(openDraft(wallet, loadedLots(lots), records), at);
  if (nextHoldAtOfOthers === undefined) return settled;
  const open = [...settled.records.holds.values()].filter((hold: Hold) => hold.state === "open");
  const nextHoldAt = earliest([...open.map((hold) => hold.expiresAt), nextHoldAtOfOthers]);
  return { ...settled, wallet: { ...settled.wallet, nextHoldAt } };
}

/** The plan of a transfer: both sides, or the refusal of either and nothing. */
export interface TransferPlan {
  readonly outcome: Outcome;
  readonly out: WalletChanges | null;
  readonly in: WalletChanges | null;
}

/** Plans both sides of a transfer, each on its settled wallet. */
export function planTransfer(from: BatchFacts, to: BatchFacts, command: TransferCommand, now: Instant): TransferPlan {
  const at = Math.max(operationTime(from.wallet, now), operationTime(to.wallet, now));
  const arriving = settledDraft(to, at);
  const leaving = settledDraft(from, at);
  const step = planStep(
    leaving,
    { ...command, toSeq: arriving.wallet.seq + 1 },
    { at, horizon: embeddingHorizon(from.wallet, from.lots) },
  );
  if ("refusal" in step) return { outcome: { kind: "refused", refusal: step.refusal }, out: null, in: null };
  const { entry } = bookedOutcome(step.draft, leaving.entries.length);
  const units = movedUnits(leaving.open, entry.receipt);
  const arrived = transferIn(arriving, { fromEntryId: entry.id, units, actor: command.actor }, at);
  if ("refusal" in arrived) return { outcome: { kind: "refused", refusal: arrived.refusal }, out: null, in: null };
  return {
    outcome: { kind: "booked", entry, replayed: false },
    out: closeDraft(step.draft, from.wallet, from.lots),
    in: closeDraft(watchBalance(arrived.draft, at), to.wallet, to.lots),
  };
}

function bookedOutcome(draft: WalletDraft, before: number): Outcome & { kind: "booked" } {
  const entry = draft.entries[before];
  if (entry === undefined) throw new Error("A booked step must leave an entry");
  return { kind: "booked", entry, replayed: false };
}

/** What a second command with the key of a booked entry gets: the same answer, or the refusal that its input differs. */
export function repeat(earlier: Outcome & { kind: "booked" }, command: WalletCommand): Outcome {
  return earlier.entry.fingerprint === command.identity.fingerprint
    ? { ...earlier, replayed: true }
    : { kind: "refused", refusal: refuse("key_reused") };
}
