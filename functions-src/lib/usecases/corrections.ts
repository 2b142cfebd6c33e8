import type { Amount } from "../domain/amount";
import { AppError } from "../domain/app-error";
import type { SingleCommand } from "../domain/commands";
import type { EntryDraft } from "../domain/entry";
import type { Instant } from "../domain/instant";
import type { ReceiptLine } from "../domain/lot";
import type { Refusal } from "../domain/refusal";
import type { WalletRef } from "../domain/wallet";
import type { Caller } from "./caller";
import type { Deps } from "./deps";
import { type ShownBalance, answered, balanceAnswer, commandBase } from "./operation";
import { requireAccount } from "./resolve-account";

/** What corrections answer. */
export interface CorrectionAnswer {
  readonly ok: true;
  readonly entryId: string;
  readonly replayed: boolean;
  readonly amount: number;
  readonly receipt: readonly ReceiptLine[];
  readonly balance: ShownBalance;
}

/** Reversal of a spend; `amount` null gives back all that is left to give back. */
export interface ReverseInput {
  readonly key: string;
  readonly entryId: string;
  readonly amount: Amount | null;
  readonly reason: string;
}

/** Gives units of a spend back to their own lots. Refuses: key_reused, exceeds_spend, balance_limit. */
export async function reverseSpend(
  deps: Deps,
  caller: Caller,
  input: ReverseInput,
  now: Instant,
): Promise<CorrectionAnswer | Refusal> {
  const base = commandBase(deps.digest, caller, { useCase: "reverse", key: input.key, input: { ...input } });
  const ref = walletOfId(input.entryId, "entryId");
  return correct(deps, ref, { kind: "reverse", ...base, entryId: input.entryId, amount: input.amount }, now);
}

/** Removal of the free rest of a lot. */
export interface VoidInput {
  readonly key: string;
  readonly lotId: string;
  readonly reason: string;
}

/** Voids what is free in a lot. Refuses: key_reused, nothing_to_void. */
export async function voidRest(
  deps: Deps,
  caller: Caller,
  input: VoidInput,
  now: Instant,
): Promise<CorrectionAnswer | Refusal> {
  const base = commandBase(deps.digest, caller, { useCase: "void", key: input.key, input: { ...input } });
  return correct(deps, walletOfId(input.lotId, "lotId"), { kind: "void", ...base, lotId: input.lotId }, now);
}

/** Adjustment by hand. */
export interface AdjustInput {
  readonly key: string;
  readonly accountId: string;
  readonly unit: string;
  readonly direction: "add" | "remove";
  readonly amount: Amount;
  readonly reason: string;
}

/** Adds a promo lot without end, or removes free units. Refuses: key_reused, too_many_lots, insufficient_tokens, balance_limit. */
export async function adjustBalance(
  deps: Deps,
  caller: Caller,
  input: AdjustInput,
  now: Instant,
): Promise<CorrectionAnswer | Refusal> {
  await requireAccount(deps, input.accountId);
  const base = commandBase(deps.digest, caller, { useCase: "adjust", key: input.key, input: { ...input } });
  const { accountId, unit, direction, amount } = input;
  return correct(deps, { accountId, unit }, { kind: "adjust", ...base, direction, amount }, now);
}

/** Forgiving of debt; `amount` null forgives all. */
export interface WriteOffInput {
  readonly key: string;
  readonly accountId: string;
  readonly unit: string;
  readonly amount: Amount | null;
  readonly reason: string;
}

/** Forgives debt, booked as loss. Refuses: key_reused, nothing_to_void. */
export async function writeOffDebt(
  deps: Deps,
  caller: Caller,
  input: WriteOffInput,
  now: Instant,
): Promise<CorrectionAnswer | Refusal> {
  await requireAccount(deps, input.accountId);
  const base = commandBase(deps.digest, caller, { useCase: "write_off", key: input.key, input: { ...input } });
  const { accountId, unit, amount } = input;
  return correct(deps, { accountId, unit }, { kind: "write_off", ...base, amount }, now);
}

async function correct(
  deps: Deps,
  ref: WalletRef,
  command: SingleCommand,
  now: Instant,
): Promise<CorrectionAnswer | Refusal> {
  return answered(await deps.post(ref, command, now), correctionAnswer);
}

function correctionAnswer(entry: EntryDraft): Omit<CorrectionAnswer, "ok" | "replayed"> {
  return {
    entryId: entry.id,
    amount: Number(entry.answer["amount"]),
    receipt: entry.receipt,
    balance: balanceAnswer(entry),
  };
}

/** Reads the wallet out of the id of an entry or a lot. Throws: AppError `invalid_input` when it is none. */
function walletOfId(id: string, path: string): WalletRef {
  const [accountId, unit, name] = id.split(":");
  if (accountId === undefined || unit === undefined || name === undefined) {
    throw new AppError("invalid_input", `${path}: expected an id as answers and histories show it, got "${id}"`);
  }
  return { accountId, unit };
}
