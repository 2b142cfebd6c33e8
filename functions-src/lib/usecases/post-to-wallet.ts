import { AppError } from "../domain/app-error";
import { type Outcome, type WalletCommand, operationsOf } from "../domain/commands";
import type { Entry } from "../domain/entry";
import type { Instant } from "../domain/instant";
import {
  type BatchFacts,
  neededFacts,
  needsNothing,
  onlyWallet,
  operationTime,
  planBatch,
  repeat,
} from "../domain/plan-batch";
import { type Refusal, refuse } from "../domain/refusal";
import { type WalletRef, walletIdOf } from "../domain/wallet";
import type { Digest } from "../ports/digest";
import type { Log } from "../ports/log";
import type { Timing } from "../ports/timing";
import { StoreFailure, type WalletReads, type WalletStore, type WalletTransaction } from "../ports/wallet-store";
import { sealEntries } from "./seal-entries";

/** How often and how long a batch is tried while other writers are faster. */
const RETRY_BUDGET = { tries: 8, elapsedMs: 2000, firstDelayMs: 5, maxDelayMs: 200 } as const;

/** What posting needs; a part of `Deps`. */
export interface PostingDeps {
  readonly wallets: WalletStore;
  readonly digest: Digest;
  readonly timing: Timing;
  readonly log: Log;
}

/**
 * Posts a batch of commands to one wallet in one transaction: load -> plan -> apply. The only place that opens a wallet
 * transaction. Answers only after the commit at majority; the same key and input always get the same answer.
 * Refuses: what the commands refuse, `key_reused`, `contention` (nothing happened), `outcome_unknown`.
 */
export async function postToWallet(
  deps: PostingDeps,
  ref: WalletRef,
  commands: readonly WalletCommand[],
  now: Instant,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<WalletCommand, Outcome>();
  const startedMs = deps.timing.elapsedMs();
  for (let tries = 1; ; tries += 1) {
    const open = commands.filter((command) => !outcomes.has(command));
    if (open.length === 0) break;
    try {
      const planned = await deps.wallets.transact((tx) => attempt(deps, tx, ref, open, now));
      if (planned === "settled_a_page") continue;
      open.forEach((command, index) => outcomes.set(command, outcomeAt(planned, index)));
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      const spent = tries >= RETRY_BUDGET.tries || deps.timing.elapsedMs() - startedMs >= RETRY_BUDGET.elapsedMs;
      await decideFailure(deps, ref, { failure: error, open, spent, outcomes });
      if (error.kind === "transient" && !spent) await deps.timing.sleep(delayMs(tries, deps.timing));
    }
  }
  return commands.map((command) => outcomes.get(command) ?? refused(refuse("outcome_unknown")));
}

/** Books what is due on a wallet and nothing else, for sweeps; what another writer booked meanwhile is just as well. */
export async function settleWallet(deps: PostingDeps, ref: WalletRef, now: Instant): Promise<void> {
  for (let tries = 1; tries <= RETRY_BUDGET.tries; tries += 1) {
    try {
      if ((await deps.wallets.transact((tx) => attempt(deps, tx, ref, [], now))) !== "settled_a_page") return;
    } catch (error) {
      if (!(error instanceof StoreFailure) || error.kind === "corrupt") throw error;
      await deps.timing.sleep(delayMs(tries, deps.timing));
    }
  }
}

/** One attempt inside a transaction. A full page of due lots is booked by itself first, so that one batch stays bounded. */
async function attempt(
  deps: PostingDeps,
  tx: WalletTransaction,
  ref: WalletRef,
  commands: readonly WalletCommand[],
  now: Instant,
): Promise<readonly Outcome[] | "settled_a_page"> {
  const facts = await loadBatchFacts(tx, ref, commands, now);
  const at = operationTime(facts.wallet, now);
  const moreIsDue = isDue(facts.lots.nextAtOfOthers, at) || isDue(facts.nextHoldAtOfOthers ?? null, at);

  const beside: BatchFacts[] = [];
  for (const other of await walletsBeside(tx, ref, commands)) {
    beside.push(await loadBatchFacts(tx, other.ref, other.commands, at));
  }
  const plan = planBatch(facts, moreIsDue ? [] : commands, now, beside);
  const outcomes = await withReplays(tx, ref, commands, plan.outcomes);
  for (const changes of [plan.changes, ...plan.beside]) {
    if (changes !== null) await tx.write(sealEntries(changes, deps.digest));
  }
  return moreIsDue ? "settled_a_page" : outcomes;
}

/** Reads a wallet and what commands need beside it. */
export async function loadBatchFacts(
  reads: WalletReads,
  ref: WalletRef,
  commands: readonly WalletCommand[],
  now: Instant,
): Promise<BatchFacts> {
  const wallet = (await reads.loadWallet(ref)) ?? (await reads.newWallet(ref));
  const needed = neededFacts(wallet, commands, now);
  return needsNothing(needed) ? onlyWallet(wallet) : reads.loadFacts(wallet, needed, operationTime(wallet, now));
}

/** A wallet beside the one that commands are for, and those of them that name records of it. */
interface WalletBeside {
  readonly ref: WalletRef;
  readonly commands: readonly WalletCommand[];
}

/** The wallets that transfers go to or that hold parts of a payment, each once, in an order that two processes share. */
async function walletsBeside(
  reads: WalletReads,
  own: WalletRef,
  commands: readonly WalletCommand[],
): Promise<readonly WalletBeside[]> {
  const found = new Map<string, WalletBeside>();
  const add = (ref: WalletRef, more: readonly WalletCommand[]): void => {
    const known = found.get(walletIdOf(ref))?.commands ?? [];
    found.set(walletIdOf(ref), { ref, commands: [...known, ...more] });
  };
  for (const operation of commands.flatMap(operationsOf)) {
    if (operation.kind === "transfer") add(operation.to, []);
    if (operation.kind !== "converge") continue;
    for (const holder of await reads.listHolders(operation.cause)) add(holder, [operation]);
  }
  found.delete(walletIdOf(own));
  return [...found].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, beside]) => beside);
}

function isDue(instant: Instant | null, at: Instant): boolean {
  return instant !== null && instant <= at;
}

/** Before a refusal is given its key is looked up: a call that succeeded before gets its answer again. */
async function withReplays(
  reads: Pick<WalletStore, "findByNames">,
  ref: WalletRef,
  commands: readonly WalletCommand[],
  outcomes: readonly Outcome[],
): Promise<readonly Outcome[]> {
  const refusedNames = commands
    .filter((_, index) => outcomes[index]?.kind === "refused")
    .map(({ identity }) => identity);
  if (refusedNames.length === 0) return outcomes;
  const entries = await reads.findByNames(ref.accountId, refusedNames);
  return outcomes.map((outcome, index) => {
    const command = commands[index];
    if (outcome.kind === "booked" || command === undefined) return outcome;
    return replayOf(command, entries) ?? outcome;
  });
}

function replayOf(command: WalletCommand, entries: readonly Entry[]): Outcome | null {
  const entry = entries.find(({ scope, key }) => scope === command.identity.scope && key === command.identity.key);
  return entry === undefined ? null : repeat({ kind: "booked", entry, replayed: true }, command);
}

interface FailedAttempt {
  readonly failure: StoreFailure;
  readonly open: readonly WalletCommand[];
  readonly spent: boolean;
  readonly outcomes: Map<WalletCommand, Outcome>;
}

/** Fills in what a failed attempt leaves decided; commands without an outcome are tried again. */
async function decideFailure(deps: PostingDeps, ref: WalletRef, failed: FailedAttempt): Promise<void> {
  const { failure, open, spent, outcomes } = failed;
  switch (failure.kind) {
    case "corrupt":
      deps.log.alert("wallet_corrupt", { accountId: ref.accountId, unit: ref.unit, error: String(failure.cause) });
      throw new AppError("bug", "The ledger of this wallet needs an operator: nothing was booked", { cause: failure });
    case "transient":
      if (spent) open.forEach((command) => outcomes.set(command, refused(refuse("contention"))));
      return;
    case "duplicate_key":
    case "outcome_unknown": {
      const names = open.map(({ identity }) => identity);
      const entries = await deps.wallets.findByNames(ref.accountId, names);
      for (const command of open) {
        const replay = replayOf(command, entries);
        if (replay !== null) {
          // After an unknown commit a found entry is our own: the call succeeded now, it is no replay.
          const own = failure.kind === "outcome_unknown" && replay.kind === "booked";
          outcomes.set(command, own ? { ...replay, replayed: false } : replay);
        } else if (failure.kind === "outcome_unknown" || spent) {
          outcomes.set(command, refused(refuse(failure.kind === "outcome_unknown" ? "outcome_unknown" : "contention")));
        }
      }
      return;
    }
  }
}

function refused(refusal: Refusal): Outcome {
  return { kind: "refused", refusal };
}

function outcomeAt(outcomes: readonly Outcome[], index: number): Outcome {
  const outcome = outcomes[index];
  if (outcome === undefined) throw new Error(`A plan left command ${index} without an outcome`);
  return outcome;
}

function delayMs(tries: number, timing: Timing): number {
  const ceiling = Math.min(RETRY_BUDGET.maxDelayMs, RETRY_BUDGET.firstDelayMs * 2 ** tries);
  return ceiling * timing.random();
}
