import { AppError } from "../domain/app-error";
import { packCauseOf } from "../domain/checkout";
import type { Instant } from "../domain/instant";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";
import { settleCheckout } from "./settle-checkout";

/** What `billing/purchase` answers. `waiting`: not paid yet, or not at all. `closed`: nothing will come of it. */
export interface PurchaseAnswer {
  readonly ok: true;
  readonly sessionId: string;
  readonly paymentId: string;
  readonly status: "granted" | "waiting" | "closed";
  readonly why: string | null;
  readonly entryId: string | null;
}

/**
 * Tells what became of a checkout, for the page that the buyer comes back to; a session that is paid is settled here when its
 * webhook is late.
 * Throws: AppError `not_found` for a session of somebody else, `unavailable` when Stripe cannot be reached.
 */
export async function showPurchase(
  deps: Deps,
  call: MemberCall<{ readonly sessionId: string }>,
  now: Instant,
): Promise<PurchaseAnswer> {
  const { sessionId } = call.input;
  const link = await deps.links.find(deps.payments.mode, sessionId);
  if (link?.accountId !== call.accountId) {
    throw new AppError("not_found", `sessionId: expected a checkout session of this account, got "${sessionId}"`);
  }
  const answer = { ok: true, sessionId, paymentId: packCauseOf(sessionId), why: null, entryId: null } as const;
  const settled = await settleCheckout(deps, sessionId, now);
  return settled.kind === "granted"
    ? { ...answer, status: "granted", entryId: settled.entryId }
    : { ...answer, status: settled.isOver ? "closed" : "waiting", why: settled.why };
}
