import type { Amount } from "../domain/amount";
import type { AuthorizeCommand, CaptureCommand, ReleaseCommand } from "../domain/commands";
import type { EntryDraft } from "../domain/entry";
import { DEFAULT_HOLD_TERMS, HOLD_LIMITS, extendedUntil } from "../domain/hold";
import type { Instant } from "../domain/instant";
import type { ReceiptLine } from "../domain/lot";
import { type Refusal, refuse } from "../domain/refusal";
import { gateRefusal } from "../domain/step";
import type { WalletRef } from "../domain/wallet";
import type { Caller, MemberCall } from "./caller";
import type { Deps } from "./deps";
import { type ShownBalance, answered, balanceAnswer, commandBase } from "./operation";
import { holdTerms } from "./plan-features";

/** An authorization as asked for. */
export interface AuthorizeInput {
  readonly key: string;
  readonly amount: Amount;
  readonly unit: string;
  readonly feature: string | null;
  readonly ttlSeconds: number | null;
}

/** What `wallet/authorize` answers. */
export interface AuthorizeAnswer {
  readonly ok: true;
  readonly holdId: string;
  readonly replayed: boolean;
  readonly amount: number;
  readonly expiresAt: Date;
  readonly receipt: readonly ReceiptLine[];
  readonly balance: ShownBalance;
}

/** Builds the authorization that a caller asks for; what its captures may do is the catalog's word of this moment. */
export async function authorizeCommand(
  deps: Pick<Deps, "digest" | "catalog">,
  caller: Caller,
  input: AuthorizeInput,
  now: Instant,
): Promise<AuthorizeCommand> {
  return {
    kind: "authorize",
    ...commandBase(deps.digest, caller, { useCase: "authorize", key: input.key, input: { ...input } }),
    amount: input.amount,
    feature: input.feature,
    terms: input.feature === null ? DEFAULT_HOLD_TERMS : await holdTerms(deps, input.feature, now),
    ttlMs: input.ttlSeconds === null ? HOLD_LIMITS.defaultMs : input.ttlSeconds * 1000,
  };
}

/**
 * Sets units aside until they are captured, released, or the lease ends.
 * Refuses, in this order: key_reused, account_closed, account_suspended, wallet_frozen, in_debt, too_many_lots,
 * insufficient_tokens, contention, outcome_unknown.
 */
export async function authorize(
  deps: Deps,
  call: MemberCall<AuthorizeInput>,
  now: Instant,
): Promise<AuthorizeAnswer | Refusal> {
  const { caller, accountId, input } = call;
  const outcome = await deps.post(
    { accountId, unit: input.unit },
    await authorizeCommand(deps, caller, input, now),
    now,
  );
  return answered(outcome, (entry) => ({
    holdId: String(entry.answer["holdId"]),
    amount: Number(entry.answer["amount"]),
    expiresAt: new Date(Number(entry.answer["expiresAt"])),
    receipt: entry.receipt,
    balance: balanceAnswer(entry),
  }));
}

/** A capture as asked for; `amount` null captures all. */
export interface CaptureInput {
  readonly holdId: string;
  readonly key: string;
  readonly amount: Amount | null;
}

/** What `wallet/capture` answers. */
export interface CaptureAnswer {
  readonly ok: true;
  readonly entryId: string;
  readonly replayed: boolean;
  readonly captured: number;
  readonly released: number;
  readonly receipt: readonly ReceiptLine[];
  /** The spend of what was captured beyond the hold. */
  readonly moreEntryId?: string;
  readonly balance: ShownBalance;
}

/** Builds the capture that a caller asks for. */
export function captureCommand(deps: Pick<Deps, "digest">, caller: Caller, input: CaptureInput): CaptureCommand {
  return {
    kind: "capture",
    ...commandBase(deps.digest, caller, { useCase: "capture", key: input.key, input: { ...input } }),
    holdId: input.holdId,
    amount: input.amount,
  };
}

/**
 * Spends what a hold set aside; the rest goes back. Whether more than that may be captured, and what becomes of a capture
 * after the lease, the feature says; without one, more is refused and a late capture is an ordinary spend.
 * Refuses, in this order: key_reused, hold_not_open, exceeds_hold, and for free units what a spend refuses.
 */
export async function capture(
  deps: Deps,
  call: MemberCall<CaptureInput>,
  now: Instant,
): Promise<CaptureAnswer | Refusal> {
  const ref = walletOfHold(call.accountId, call.input.holdId);
  const outcome = await deps.post(ref, captureCommand(deps, call.caller, call.input), now);
  return answered(outcome, (entry) => captureAnswer(entry));
}

function captureAnswer(entry: EntryDraft): Omit<CaptureAnswer, "ok" | "replayed"> {
  const { captured, released, receipt, moreEntryId } = entry.answer;
  return {
    entryId: entry.id,
    captured: Number(captured),
    released: Number(released),
    // A capture beyond its hold has two entries; its answer has the lines of both.
    receipt: (receipt as readonly ReceiptLine[] | undefined) ?? entry.receipt,
    ...(typeof moreEntryId === "string" ? { moreEntryId } : {}),
    balance: balanceAnswer(entry),
  };
}

/** A release as asked for. */
export interface ReleaseInput {
  readonly holdId: string;
  readonly key: string;
}

/** What `wallet/release` answers. */
export interface ReleaseAnswer {
  readonly ok: true;
  readonly replayed: boolean;
  readonly released: number;
  readonly balance: ShownBalance;
}

/** Builds the release that a caller asks for. */
export function releaseCommand(deps: Pick<Deps, "digest">, caller: Caller, input: ReleaseInput): ReleaseCommand {
  return {
    kind: "release",
    ...commandBase(deps.digest, caller, { useCase: "release", key: input.key, input: { ...input } }),
    holdId: input.holdId,
  };
}

/** Gives everything a hold set aside back to its lots. Refuses, in this order: key_reused, hold_not_open. */
export async function release(
  deps: Deps,
  call: MemberCall<ReleaseInput>,
  now: Instant,
): Promise<ReleaseAnswer | Refusal> {
  const ref = walletOfHold(call.accountId, call.input.holdId);
  const outcome = await deps.post(ref, releaseCommand(deps, call.caller, call.input), now);
  return answered(outcome, (entry) => ({
    released: Number(entry.answer["released"]),
    balance: balanceAnswer(entry),
  }));
}

/** What `wallet/extend` answers. */
export interface ExtendAnswer {
  readonly ok: true;
  readonly expiresAt: Date;
}

/**
 * Moves the deadline of an open hold to now + ttl, never past seven days after it was opened, and never back.
 * Refuses, in this order: account_closed, account_suspended, wallet_frozen, hold_not_open.
 */
export async function extend(
  deps: Deps,
  call: MemberCall<{ readonly holdId: string; readonly ttlSeconds: number }>,
  now: Instant,
): Promise<ExtendAnswer | Refusal> {
  const { accountId, input } = call;
  const ref = walletOfHold(accountId, input.holdId);
  const wallet = await deps.wallets.loadWallet(ref);
  if (wallet === null) return refuse("hold_not_open", { state: "unknown" });
  const closed = gateRefusal(wallet.gate);
  if (closed !== null) return closed;
  const hold = await deps.wallets.extendHold(ref, input.holdId, (found) =>
    found.expiresAt <= now ? null : Math.max(found.expiresAt, extendedUntil(found, now, input.ttlSeconds * 1000)),
  );
  if (hold === null || hold.state !== "open" || hold.expiresAt <= now) {
    return refuse("hold_not_open", {
      state: hold === null ? "unknown" : hold.state === "open" ? "expired" : hold.state,
    });
  }
  return { ok: true, expiresAt: new Date(hold.expiresAt) };
}

/**
 * The wallet that a hold of an account belongs to, read from its id. An id that names no hold of the account leads to the
 * account's own wallet, which does not have it: so the key is looked up before the hold is refused.
 */
function walletOfHold(accountId: string, holdId: string): WalletRef {
  const [account, unit, name] = holdId.split(":");
  const isOwn = account === accountId && unit !== undefined && name?.startsWith("hold-") === true;
  return { accountId, unit: isOwn ? unit : "tokens" };
}
