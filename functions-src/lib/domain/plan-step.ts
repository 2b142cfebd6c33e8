import type { BatchCommand, SingleCommand, WalletCommand } from "./commands";
import { converge } from "./converge";
import { adjust, voidLot, writeOff } from "./corrections";
import type { EntryDraft, JsonObject } from "./entry";
import { grant } from "./grant";
import { authorize, capture, release } from "./hold-steps";
import { reverse } from "./reverse";
import { spend } from "./spend";
import { transferOut } from "./transfer";
import { type Step, type StepFacts, gateRefusal } from "./step";
import type { Wallet } from "./wallet";
import { watchWallet } from "./watch";
import type { WalletDraft } from "./wallet-draft";

/** Plans one command on a settled draft. The first entry it adds is the one that carries its answer. */
export function planStep(draft: WalletDraft, command: WalletCommand, facts: StepFacts): Step {
  return command.kind === "batch" ? planOperations(draft, command, facts) : planSingle(draft, command, facts);
}

function planSingle(draft: WalletDraft, command: SingleCommand, facts: StepFacts): Step {
  const before = draft.entries.length;
  const step = single(draft, command, facts);
  // Every step that moves a balance is looked at for warnings and top-ups.
  return "refusal" in step ? step : { draft: watchWallet(withFinalBalance(step.draft, before), facts.at) };
}

/** An operation of several entries answers with the balance after the last of them, kept in the first. */
function withFinalBalance(draft: WalletDraft, before: number): WalletDraft {
  const [first, ...others] = draft.entries.slice(before);
  if (first === undefined || others.length === 0) return draft;
  const answer = { ...first.answer, balance: shownBalance(draft.wallet) };
  return { ...draft, entries: [...draft.entries.slice(0, before), { ...first, answer }, ...others] };
}

function shownBalance({ available, held, debt }: Wallet): JsonObject {
  return { available, held, debt };
}

function single(draft: WalletDraft, command: SingleCommand, facts: StepFacts): Step {
  switch (command.kind) {
    case "spend":
      return spend(draft, command, facts);
    case "grant":
      return grant(draft, command, facts.at);
    case "authorize":
      return authorize(draft, command, facts);
    case "capture":
      return capture(draft, command, facts);
    case "release":
      return release(draft, command, facts.at);
    case "reverse":
      return reverse(draft, command, facts.at);
    case "void":
      return voidLot(draft, command, facts.at);
    case "adjust":
      return adjust(draft, command, facts);
    case "write_off":
      return writeOff(draft, command, facts.at);
    case "transfer":
      return transferOut(draft, command, facts);
    case "converge":
      return converge(draft, command, facts.at);
  }
}

/**
 * Plans several operations in order under one key: all of them, or the first refusal with its `index` and nothing else.
 * Their entries are the legs of the batch; leg 0 carries the results of all.
 */
function planOperations(draft: WalletDraft, batch: BatchCommand, facts: StepFacts): Step {
  // A gate refuses the batch as such, also one of captures and releases alone.
  const closed = gateRefusal(draft.wallet.gate);
  if (closed !== null) return { refusal: { ...closed, index: 0 } };
  let current = draft;
  let leg = 0;
  const results: JsonObject[] = [];
  for (const [index, operation] of batch.operations.entries()) {
    const before = current.entries.length;
    const step = planSingle(current, { ...operation, identity: batch.identity, actor: batch.actor }, facts);
    if ("refusal" in step) return { refusal: { ...step.refusal, index } };
    const added = step.draft.entries
      .slice(before)
      .map((entry) => (isOf(entry, batch) ? { ...entry, leg: leg++ } : entry));
    results.push(resultOf(operation, added));
    current = { ...step.draft, entries: [...step.draft.entries.slice(0, before), ...added] };
  }
  const answer = { results, balance: shownBalance(current.wallet) };
  const entries = current.entries.map((entry) =>
    isOf(entry, batch) && entry.leg === 0 ? { ...entry, answer: { ...entry.answer, ...answer } } : entry,
  );
  return { draft: { ...current, entries } };
}

/** Tells an entry of the batch from one that settling booked in between. */
function isOf(entry: EntryDraft, batch: BatchCommand): boolean {
  return entry.scope === batch.identity.scope && entry.key === batch.identity.key;
}

function resultOf(operation: SingleCommand, added: readonly EntryDraft[]): JsonObject {
  const [first] = added;
  if (first === undefined) throw new Error(`The operation ${operation.kind} left no entry`);
  // The balance stands beside the results, after the last of them.
  const { balance: _balance, ...answer } = first.answer;
  return {
    kind: operation.kind === "spend" ? "consume" : operation.kind,
    entryId: first.id,
    receipt: first.receipt.map((line) => ({ ...line })),
    ...answer,
  };
}
