import type { Transaction } from "../core/store";
import { completeSession } from "./complete-session";
import { answerIntent } from "./confirm-intent";
import { answerSetup, knownSetup } from "./confirm-setup";
import { knownIntent } from "./settle-intents";
import { openSession } from "./settle-session";

/** What came of the buyer's answer, and where the buyer's browser goes now. */
export interface Answered {
  readonly intent: object;
  readonly declined: string | null;
  readonly session: string | null;
  readonly goTo: string | null;
}

/**
 * Answers for the buyer whom the bank asked, on a payment or a setup; the checkout session that waits for it goes on.
 * Refuses: an unknown intent; one that asks nobody.
 */
export function authenticate(
  tx: Transaction,
  id: string,
  { outcome, now }: { readonly outcome: "complete" | "fail"; readonly now: number },
): Answered {
  const { session = null, returnUrl = null } = tx.get("intent_details", id) ?? {};
  // The page may have expired while the bank asked: nothing is charged for it any more.
  if (session !== null) openSession(tx, session, now);
  const isSetup = id.startsWith("seti_");
  const answered = isSetup
    ? answerSetup(tx, knownSetup(tx, id), outcome)
    : answerIntent(tx, knownIntent(tx, id), { outcome, now });
  const declined = answered.kind === "declined" ? answered.error.message : null;
  if (session !== null && declined === null) {
    const paid = answered.intent.status === "succeeded" ? "paid" : "unpaid";
    completeSession(tx, session, { payment: isSetup ? "no_payment_required" : paid, now });
  }
  if (answered.kind === "paid") answered.book();
  const { client_secret: secret } = answered.intent;
  return { intent: answered.intent, declined, session, goTo: returnTo(returnUrl, { id, declined, secret }) };
}

function returnTo(
  url: string | null,
  { id, declined, secret }: { readonly id: string; readonly declined: string | null; readonly secret: string | null },
): string | null {
  if (url === null) return null;
  const name = id.startsWith("seti_") ? "setup_intent" : "payment_intent";
  const target = new URL(url);
  target.searchParams.set(name, id);
  target.searchParams.set(`${name}_client_secret`, secret ?? "");
  target.searchParams.set("redirect_status", declined === null ? "succeeded" : "failed");
  return target.href;
}
