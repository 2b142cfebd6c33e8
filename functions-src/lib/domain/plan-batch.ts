import type { Outcome, WalletCommand } from "./commands";
import type { Instant } from "./instant";
import { isEligible } from "./lot";
import { refuse } from "./refusal";
import { grant } from "./grant";
import { settle } from "./settle";
import { type Step, spend } from "./spend";
import {
  type LoadedLots,
  type WalletChanges,
  type WalletDraft,
  closeDraft,
  embeddingHorizon,
  loadedLots,
  openDraft,
} from "./wallet-draft";
import type { Wallet } from "./wallet";

/** What has to be read beside the wallet before a batch can be planned. */
export interface NeededLots {
  readonly first: boolean;
  readonly due: boolean;
}

/** The time of an operation: never before the wallet's last time, so that clocks which disagree keep the order. */
export function operationTime(wallet: Wallet, now: Instant): Instant {
  return Math.max(now, wallet.at);
}

/**
 * Tells which waiting lots a batch needs: those with something due, and the first in burn order when the embedded
 * lots may not cover what the batch spends.
 */
export function neededLots(wallet: Wallet, commands: readonly WalletCommand[], now: Instant): NeededLots {
  if (wallet.waiting.count === 0) return { first: false, due: false };
  const at = operationTime(wallet, now);
  const asked = commands.reduce((sum, command) => (command.kind === "spend" ? sum + command.amount : sum), 0);
  const certain = wallet.lots
    .filter((lot) => isEligible(lot, { at, feature: null }))
    .reduce((sum, lot) => sum + lot.remaining, 0);
  return { first: asked > certain, due: wallet.waiting.nextAt !== null && wallet.waiting.nextAt <= at };
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
export function planBatch(
  wallet: Wallet,
  loaded: LoadedLots,
  commands: readonly WalletCommand[],
  now: Instant,
): BatchPlan {
  const at = operationTime(wallet, now);
  const horizon = embeddingHorizon(wallet, loaded);
  let draft = settle(openDraft(wallet, loadedLots(loaded)), at);
  const outcomes: Outcome[] = [];
  const decided = new Map<string, Outcome & { kind: "booked" }>();
  for (const command of commands) {
    const name = `${command.identity.scope}:${command.identity.key}`;
    const earlier = decided.get(name);
    if (earlier !== undefined) {
      outcomes.push(repeat(earlier, command));
      continue;
    }
    const step = planOne(draft, command, { at, horizon });
    if ("refusal" in step) {
      outcomes.push({ kind: "refused", refusal: step.refusal });
      continue;
    }
    draft = step.draft;
    const outcome = bookedOutcome(draft);
    decided.set(name, outcome);
    outcomes.push(outcome);
  }
  return { outcomes, changes: closeDraft(draft, wallet, loaded) };
}

function planOne(
  draft: WalletDraft,
  command: WalletCommand,
  facts: { readonly at: Instant; readonly horizon: string | null },
): Step {
  switch (command.kind) {
    case "spend":
      return spend(draft, command, facts);
    case "grant":
      return grant(draft, command, facts.at);
  }
}

function bookedOutcome(draft: WalletDraft): Outcome & { kind: "booked" } {
  const entry = draft.entries[draft.entries.length - 1];
  if (entry === undefined) throw new Error("A booked step must leave an entry");
  return { kind: "booked", entry, replayed: false };
}

/** What a second command with the key of a booked entry gets: the same answer, or the refusal that its input differs. */
export function repeat(earlier: Outcome & { kind: "booked" }, command: WalletCommand): Outcome {
  return earlier.entry.fingerprint === command.identity.fingerprint
    ? { ...earlier, replayed: true }
    : { kind: "refused", refusal: refuse("key_reused") };
}
