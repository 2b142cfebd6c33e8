import { type Act, auditedAction } from "./audit";
import {
  type CaptureCommand,
  type Outcome,
  type SingleCommand,
  type WalletCommand,
  isTransfer,
  operationsOf,
} from "./commands";
import {
  type LoadedLots,
  NOTHING_LOADED,
  type WalletChanges,
  closeDraft,
  embeddingHorizon,
  loadedLots,
} from "./close-draft";
import type { EntryDraft } from "./entry";
import type { Hold } from "./hold";
import { freeUnitsCaptured } from "./hold-steps";
import type { Instant } from "./instant";
import { unscopedUnits } from "./lot";
import { planStep } from "./plan-step";
import { refuse } from "./refusal";
import { settle } from "./settle";
import { transferIn } from "./transfer";
import type { UsageCounter } from "./usage";
import { type Wallet, balanceOf, earliest, walletIdOf } from "./wallet";
import { watchWallet } from "./watch";
import { NO_RECORDS, type NamedRecords, type WalletDraft, openDraft } from "./wallet-draft";

/** What has to be read beside the wallet before a batch can be planned. */
export interface NeededFacts {
  /** How many units the embedded lots lack, so that the first waiting lots have to pay; 0 = none. */
  readonly missing: number;
  /** How many units the commands take for certain. */
  readonly asked: number;
  /** Captures, which may take free units when their holds are over or too small. */
  readonly captures: readonly CaptureCommand[];
  /** Waiting lots with something due. */
  readonly due: boolean;
  /** Open holds whose lease is over. */
  readonly dueHolds: boolean;
  readonly holdIds: readonly string[];
  readonly entryIds: readonly string[];
  readonly lotIds: readonly string[];
  readonly counters: readonly Omit<UsageCounter, "used">[];
  /** The causes whose payments, lots and clawbacks are needed. */
  readonly causes: readonly string[];
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
  const { missing, due, dueHolds, holdIds, entryIds, lotIds, counters, causes } = needed;
  const named = [holdIds, entryIds, lotIds, counters, causes];
  return missing === 0 && !due && !dueHolds && named.every(({ length }) => length === 0);
}

/** The facts of a batch that needs nothing beside the wallet. */
export function onlyWallet(wallet: Wallet): BatchFacts {
  return { wallet, lots: NOTHING_LOADED, records: NO_RECORDS };
}

/** The time of an operation: never before the wallet's last time, so that clocks which disagree keep the order. */
export function operationTime(wallet: Wallet, now: Instant): Instant {
  return Math.max(now, wallet.at);
}

/**
 * Tells what a batch needs: waiting lots with something due, the first in burn order when the embedded lots may not cover
 * what the batch takes, holds whose lease is over, and the records that its commands name.
 */
export function neededFacts(wallet: Wallet, commands: readonly WalletCommand[], now: Instant): NeededFacts {
  const at = operationTime(wallet, now);
  const operations = commands.flatMap(operationsOf);
  const moved = commands.some(isTransfer);
  const asked = operations.reduce((sum, operation) => sum + takes(operation), 0);
  return {
    // What may be transferred may lie anywhere in burn order.
    missing: lacking(wallet, moved ? Number.MAX_SAFE_INTEGER : asked, at),
    asked,
    captures: operations.filter((operation) => operation.kind === "capture"),
    due: wallet.waiting.nextAt !== null && wallet.waiting.nextAt <= at,
    dueHolds: wallet.nextHoldAt !== null && wallet.nextHoldAt <= at,
    holdIds: operations.flatMap((operation) =>
      operation.kind === "capture" || operation.kind === "release" ? [operation.holdId] : [],
    ),
    entryIds: operations.flatMap((operation) => (operation.kind === "reverse" ? [operation.entryId] : [])),
    lotIds: operations.flatMap((operation) => (operation.kind === "void" ? [operation.lotId] : [])),
    causes: operations.flatMap((operation) => (operation.kind === "converge" ? [operation.cause] : [])),
    counters: operations.flatMap((operation) =>
      operation.kind !== "spend" || operation.use === null || "code" in operation.use ? [] : [operation.use.counter],
    ),
  };
}

/** How many of some units the embedded lots may lack, while others wait outside. */
function lacking({ lots, waiting }: Wallet, units: number, at: Instant): number {
  return waiting.count === 0 ? 0 : Math.max(0, units - unscopedUnits(lots, at));
}

/** How many units the embedded lots lack, once the holds that captures name are known. */
export function missingUnits(wallet: Wallet, needed: NeededFacts, holds: readonly Hold[], at: Instant): number {
  const captured = needed.captures.reduce((sum, { holdId, amount }) => {
    const hold = holds.find(({ id }) => id === holdId);
    return hold === undefined ? sum : sum + freeUnitsCaptured(hold, amount, at);
  }, 0);
  return captured === 0 ? needed.missing : Math.max(needed.missing, lacking(wallet, needed.asked + captured, at));
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
    case "transfer":
    case "converge":
      return 0;
  }
}

/** The plan of a batch: what became of each command, and what to write; null = nothing. */
export interface BatchPlan {
  readonly outcomes: readonly Outcome[];
  readonly changes: WalletChanges | null;
  /** What to write to other wallets: those that transfers went to, and those that hold parts of a payment. */
  readonly beside: readonly WalletChanges[];
}

/**
 * Plans commands on one wallet: settles what is due, then folds the commands in their order. The wallets beside it, which
 * transfers go to or which hold parts of a payment, are settled at the same instant.
 * Of two commands with one key the first decides: the second is its replay, or `key_reused` when its input differs.
 */
export function planBatch(
  facts: BatchFacts,
  commands: readonly WalletCommand[],
  now: Instant,
  beside: readonly BatchFacts[] = [],
): BatchPlan {
  const { wallet, lots } = facts;
  const at = Math.max(...[facts, ...beside].map((each) => operationTime(each.wallet, now)));
  const others = new Map(beside.map((each) => [each.wallet.id, settledDraft(each, at)]));
  const stepFacts = { at, horizon: embeddingHorizon(wallet, lots) };
  // What ends or begins by itself crosses thresholds too.
  let draft: WalletDraft = { ...watchWallet(settledDraft(facts, at), at), others };
  const outcomes: Outcome[] = [];
  const decided = new Map<string, Outcome & { kind: "booked" }>();
  for (const command of commands) {
    const name = `${command.identity.scope}:${command.identity.key}`;
    const earlier = decided.get(name);
    if (earlier !== undefined) {
      outcomes.push(repeat(earlier, command));
      continue;
    }
    const before = draft;
    const step = planStep(draft, command, stepFacts);
    if ("refusal" in step) {
      outcomes.push({ kind: "refused", refusal: step.refusal });
      continue;
    }
    const outcome = bookedOutcome(step.draft, before.entries.length);
    draft = withAct(step.draft, { before: before.wallet, command, entry: outcome.entry });
    decided.set(name, outcome);
    outcomes.push(outcome);
  }
  return {
    outcomes,
    changes: closeDraft(draft, wallet, lots),
    beside: beside.flatMap((each) => changesBeside(each, { draft, settled: others.get(each.wallet.id), at }) ?? []),
  };
}

/** What a plan means for another wallet: what it lost, and what departed for it; null = nothing. */
function changesBeside(
  { wallet, lots }: BatchFacts,
  {
    draft,
    settled,
    at,
  }: { readonly draft: WalletDraft; readonly settled: WalletDraft | undefined; readonly at: Instant },
): WalletChanges | null {
  const other = draft.others.get(wallet.id);
  const own = draft.departures.filter(({ to }) => walletIdOf(to) === wallet.id);
  // What is due there alone is left to its own next operation.
  if (other === undefined || (other === settled && own.length === 0)) return null;
  const after = own.reduce((current, departure) => transferIn(current, departure, at), other);
  return closeDraft(watchWallet(after, at), wallet, lots);
}

/** Opens a draft and books everything that is due, which is also what a balance looks like at an instant. */
export function settledDraft({ wallet, lots, records, nextHoldAtOfOthers }: BatchFacts, at: Instant): WalletDraft {
  const settled = settle(openDraft(wallet, loadedLots(lots), records), at);
  if (nextHoldAtOfOthers === undefined) return settled;
  const open = [...settled.records.holds.values()].filter((hold: Hold) => hold.state === "open");
  const nextHoldAt = earliest([...open.map((hold) => hold.expiresAt), nextHoldAtOfOthers]);
  return { ...settled, wallet: { ...settled.wallet, nextHoldAt } };
}

/** Keeps what an operator did to the wallet. */
function withAct(
  draft: WalletDraft,
  { before, command, entry }: { readonly before: Wallet; readonly command: WalletCommand; readonly entry: EntryDraft },
): WalletDraft {
  const action = auditedAction(command);
  if (action === null) return draft;
  const act: Act = {
    at: entry.at,
    actor: command.actor,
    action,
    accountId: before.accountId,
    target: entry.id,
    before: { ...balanceOf(before) },
    after: { ...balanceOf(draft.wallet) },
    noteId: command.note === null ? null : entry.id,
  };
  return { ...draft, acts: [...draft.acts, act] };
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
