import type { Amount } from "./amount";
import { seqText } from "./entry";
import type { Instant } from "./instant";
import type { Wallet } from "./wallet";
import type { WalletDraft } from "./wallet-draft";

const DAY_MS = 86_400_000;
const MONTH_MS = 30 * DAY_MS;
/** A card that was declined is not asked again before. */
const PAUSE_AFTER_DECLINE_MS = 3_600_000;
/** After so many declines in a row nobody charges the card again until somebody switches it on. */
const MOST_DECLINES = 3;

/** How often and how much at most. */
export interface TopUpCap {
  readonly count: number;
  readonly amountMinor: Amount;
}

/** What an automatic top-up buys: one version of a pack, whose charge and units never change. */
export interface TopUpPack {
  readonly packId: string;
  readonly packVersion: number;
  readonly units: Amount;
  readonly chargeMinor: Amount;
  readonly currency: string;
  readonly lifeDays: number | null;
}

/**
 * The automatic top-up of a wallet.
 * Holds: at most one attempt is open at a time; `recent` are the attempts of the last 30 days, the declined ones left out.
 */
export interface AutoTopUp {
  readonly enabled: boolean;
  readonly threshold: Amount;
  readonly pack: TopUpPack;
  readonly capPerDay: TopUpCap;
  readonly capPerMonth: TopUpCap;
  /** How many attempts were made ever; the next one is named by it. */
  readonly attempts: number;
  /** The attempt that is on its way; null = none. */
  readonly open: string | null;
  readonly declines: number;
  readonly pausedUntil: Instant | null;
  readonly recent: readonly { readonly id: string; readonly at: Instant; readonly chargeMinor: Amount }[];
}

/** Why a wallet does not top itself up now; null = it does. */
export function whyNoTopUp(
  topUp: AutoTopUp,
  { available, claims, gate }: Pick<Wallet, "available" | "claims" | "gate">,
  now: Instant,
): string | null {
  if (!topUp.enabled) return "off";
  if (gate !== "open") return "the account is stopped";
  if (claims.some(({ frozenBy }) => frozenBy.length > 0)) return "a payment is contested";
  if (available >= topUp.threshold) return "enough units";
  if (topUp.open !== null) return "an attempt is open";
  if (topUp.pausedUntil !== null && now < topUp.pausedUntil) return "paused after a decline";
  if (!fits(topUp, topUp.capPerDay, now - DAY_MS)) return "cap of the day";
  return fits(topUp, topUp.capPerMonth, now - MONTH_MS) ? null : "cap of the month";
}

/** From when on time alone lets a wallet top itself up; null = something else has to happen first. */
export function nextTopUpAt(wallet: Pick<Wallet, "available" | "claims" | "gate" | "topUp">): Instant | null {
  const { topUp } = wallet;
  if (topUp === null) return null;
  const ends = topUp.recent.flatMap(({ at }) => [at + DAY_MS, at + MONTH_MS]);
  const turns = [0, topUp.pausedUntil ?? 0, ...ends].sort((left, right) => left - right);
  return turns.find((turn) => whyNoTopUp(topUp, wallet, turn) === null) ?? null;
}

function fits({ recent, pack }: AutoTopUp, cap: TopUpCap, since: Instant): boolean {
  const within = recent.filter(({ at }) => at > since);
  const spent = within.reduce((sum, { chargeMinor }) => sum + chargeMinor, 0);
  return within.length < cap.count && spent + pack.chargeMinor <= cap.amountMinor;
}

/**
 * Opens an attempt when too few units are left: after the step that took them, in its transaction, or after a pause or a cap by the
 * next operation or sweep.
 */
export function watchTopUp(draft: WalletDraft, at: Instant): WalletDraft {
  const { wallet } = draft;
  const { topUp } = wallet;
  if (topUp === null || whyNoTopUp(topUp, wallet, at) !== null) return draft;
  const attempts = topUp.attempts + 1;
  const id = `${wallet.id}:topup-${seqText(attempts)}`;
  const recent = [
    ...topUp.recent.filter((one) => one.at > at - MONTH_MS),
    { id, at, chargeMinor: topUp.pack.chargeMinor },
  ];
  return {
    ...draft,
    wallet: { ...wallet, topUp: { ...topUp, attempts, open: id, recent } },
    messages: [
      ...draft.messages,
      {
        kind: "top_up",
        accountId: wallet.accountId,
        causeKey: `top_up:${id}`,
        facts: { topUpId: id, unit: wallet.unit, ...topUp.pack },
        at,
      },
    ],
  };
}

/** The top-up after its attempt was paid; another one that ended meanwhile is left alone. */
export function afterPaid(topUp: AutoTopUp, cause: string): AutoTopUp {
  return topUp.open !== null && topUpCauseOf(topUp.open) === cause
    ? { ...topUp, open: null, declines: 0, pausedUntil: null }
    : topUp;
}

/** The top-up after its attempt was declined: an hour's pause, and off after the third in a row. */
export function afterDeclined(topUp: AutoTopUp, id: string, now: Instant): AutoTopUp {
  if (topUp.open !== id) return topUp;
  const declines = topUp.declines + 1;
  return {
    ...topUp,
    open: null,
    declines,
    enabled: topUp.enabled && declines < MOST_DECLINES,
    pausedUntil: now + PAUSE_AFTER_DECLINE_MS,
    recent: topUp.recent.filter((one) => one.id !== id),
  };
}

/** The economic cause of an automatic top-up: its attempt. */
export function topUpCauseOf(id: string): string {
  return `topup:${id}`;
}
