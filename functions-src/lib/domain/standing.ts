import type { Gate } from "./wallet";

/** A dispute as the standing of its account sees it. `open`: the money is held. `fraud`: the cardholder says it was not them. */
export interface Contest {
  readonly disputeId: string;
  readonly open: boolean;
  readonly fraud: boolean;
}

export const ACCOUNT_STATUSES = ["open", "suspended", "closed"] as const;

/**
 * Whether an account may act.
 * `status` suspended: by disputes, or until an operator lets it in again. `frozen`: an operator stopped it, to look at it.
 * `suspendedFor`: the disputes that were reasons when they were last looked at; an operator who lets the account in again leaves
 * them there, so that the same disputes do not suspend it twice.
 */
export interface Standing {
  readonly status: (typeof ACCOUNT_STATUSES)[number];
  readonly frozen: boolean;
  readonly suspendedFor: readonly string[];
}

/** The standing of a new account. */
export const GOOD_STANDING: Standing = { status: "open", frozen: false, suspendedFor: [] };

/** What wallets copy of the standing of their account. */
export function gateOf({ status, frozen }: Pick<Standing, "status" | "frozen">): Gate {
  if (status !== "open") return status;
  return frozen ? "frozen" : "open";
}

/**
 * The disputes that suspend an account: those for fraud, open or lost, and every open one once there are two. One dispute for
 * another reason freezes what it is about and nothing else.
 */
export function suspensionReasons(contests: readonly Contest[]): readonly string[] {
  const open = contests.filter((contest) => contest.open);
  const reasons = contests.filter((contest) => contest.fraud || (contest.open && open.length > 1));
  return [...new Set(reasons.map(({ disputeId }) => disputeId))].sort();
}

/** Suspends for a new reason, and lets in again when none is left; the reasons are kept up to date in any case. */
export function withReasons(standing: Standing, reasons: readonly string[]): Standing {
  const isNew = reasons.some((reason) => !standing.suspendedFor.includes(reason));
  const next = { ...standing, suspendedFor: reasons };
  if (standing.status === "open" && isNew) return { ...next, status: "suspended" };
  if (standing.status === "suspended" && reasons.length === 0) return { ...next, status: "open" };
  return next;
}

/** Tells whether two standings are the same. */
export function isSameStanding(left: Standing, right: Standing): boolean {
  return (
    left.status === right.status &&
    left.frozen === right.frozen &&
    left.suspendedFor.join() === right.suspendedFor.join()
  );
}
