import type { Transaction } from "../core/store";
import { AUTHENTICATION_REQUIRED, declined, type Decline } from "./test-cards";

/** Codes that Stripe gives themselves; all others are decline codes of `card_declined`. */
const OWN_CODES: Readonly<Record<string, Decline>> = {
  authentication_required: AUTHENTICATION_REQUIRED,
  expired_card: { code: "expired_card", declineCode: null, message: "Your card has expired." },
  incorrect_cvc: { code: "incorrect_cvc", declineCode: null, message: "Your card's security code is incorrect." },
  processing_error: {
    code: "processing_error",
    declineCode: null,
    message: "An error occurred while processing your card. Try again in a little bit.",
  },
};

/** Why a bank may decline a card. */
export const DECLINE_CODES: readonly string[] = [
  "card_declined",
  "card_velocity_exceeded",
  "do_not_honor",
  "fraudulent",
  "generic_decline",
  "insufficient_funds",
  "lost_card",
  "stolen_card",
  "try_again_later",
  ...Object.keys(OWN_CODES),
];

/** Makes the next card charge of a customer fail, whatever its card. */
export function failNextCharge(tx: Transaction, customer: string, code: string): void {
  const decline = OWN_CODES[code] ?? declined(code === "card_declined" ? "generic_decline" : code);
  tx.putQuietly("setting", { id: idOf(customer), value: decline });
}

/** Takes the decline that waits for a customer; it is used once. */
export function takeForcedDecline(tx: Transaction, customer: string | null): Decline | null {
  const waiting = customer === null ? undefined : tx.get("setting", idOf(customer));
  if (customer === null || waiting === undefined || waiting.value === null) return null;
  tx.putQuietly("setting", { id: idOf(customer), value: null });
  return waiting.value as Decline;
}

const idOf = (customer: string): string => `fail_next_charge:${customer}`;
