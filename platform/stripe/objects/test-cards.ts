import type { RefundCourse } from "../core/kinds";
import type { DisputeReason } from "./open-dispute";
import type { FraudType } from "./open-warning";

/** What a test card brings after its charge was paid. */
export type Aftermath =
  | { readonly kind: "dispute"; readonly opens: "chargeback" | "inquiry"; readonly reason: DisputeReason }
  | { readonly kind: "fraud_warning"; readonly fraudType: FraudType }
  | { readonly kind: "refunds"; readonly course: RefundCourse };

/** What a test card does when it is charged. */
export interface TestCard {
  readonly type: "card";
  readonly number: string;
  readonly brand: string;
  readonly label: string;
  readonly decline: Decline | null;
  readonly aftermath?: Aftermath;
  /** When the bank asks the buyer: never, for each payment, or for each until the card was set up for later payments. */
  readonly authentication: "never" | "always" | "until_saved";
  /** false: the bank refuses already that the card is kept for later. */
  readonly keeps: boolean;
}

export interface Decline {
  readonly code: string;
  readonly declineCode: string | null;
  readonly message: string;
}

/** A decline by the bank, for a reason of its own. */
export const declined = (declineCode: string, message = "Your card was declined."): Decline => ({
  code: "card_declined",
  declineCode,
  message,
});

const visa = (number: string, label: string, decline: Decline | null, changes: Partial<TestCard> = {}): TestCard => ({
  type: "card",
  number,
  brand: "visa",
  label,
  decline,
  authentication: "never",
  keeps: decline === null,
  ...changes,
});

/** A card that pays, and brings something later. */
const followed = (number: string, label: string, aftermath: Aftermath): TestCard => ({
  ...visa(number, label, null),
  aftermath,
});

/** Why a card that asks the buyer each time is declined when the buyer is not there. */
export const AUTHENTICATION_REQUIRED: Decline = {
  code: "authentication_required",
  declineCode: "authentication_required",
  message: "Your card was declined. This transaction requires authentication.",
};

const INSUFFICIENT_FUNDS = declined("insufficient_funds", "Your card has insufficient funds.");

/** The card that pays when none is named. */
export const GOOD_CARD = visa("4242424242424242", "Succeeds", null);

/** The cards that the simulator knows; the numbers are Stripe's public test numbers. */
export const TEST_CARDS: readonly TestCard[] = [
  GOOD_CARD,
  visa("5555555555554444", "Succeeds, Mastercard", null, { brand: "mastercard" }),
  visa("378282246310005", "Succeeds, American Express", null, { brand: "amex" }),
  visa("4000000000000002", "Declined", declined("generic_decline")),
  visa("4000000000009995", "Insufficient funds", INSUFFICIENT_FUNDS),
  visa("4000000000009987", "Lost card", declined("lost_card")),
  visa("4000000000000069", "Expired card", {
    code: "expired_card",
    declineCode: null,
    message: "Your card has expired.",
  }),
  visa("4000000000000341", "Saved, then declined", declined("generic_decline"), { keeps: true }),
  visa("4000002760003184", "3-D Secure each time", null, { authentication: "always" }),
  visa("4000002500003155", "3-D Secure at first", null, { authentication: "until_saved" }),
  visa("4000008260003178", "3-D Secure, no funds", INSUFFICIENT_FUNDS, {
    authentication: "until_saved",
    keeps: true,
  }),
  followed("4000000000000259", "Succeeds, then disputed as fraud", {
    kind: "dispute",
    opens: "chargeback",
    reason: "fraudulent",
  }),
  followed("4000000000002685", "Succeeds, then not received", {
    kind: "dispute",
    opens: "chargeback",
    reason: "product_not_received",
  }),
  followed("4000000000001976", "Succeeds, then an inquiry", {
    kind: "dispute",
    opens: "inquiry",
    reason: "fraudulent",
  }),
  followed("4000000000005423", "Succeeds, then a fraud warning", {
    kind: "fraud_warning",
    fraudType: "made_with_stolen_card",
  }),
  followed("4000000000007726", "Succeeds; refunds pend, then arrive", {
    kind: "refunds",
    course: { begins: "pending", ends: "succeeded" },
  }),
  followed("4000000000005126", "Succeeds; refunds arrive, then fail", {
    kind: "refunds",
    course: { begins: "succeeded", ends: "failed" },
  }),
];

const BY_TOKEN: Readonly<Record<string, string>> = {
  pm_card_visa: "4242424242424242",
  pm_card_mastercard: "5555555555554444",
  pm_card_amex: "378282246310005",
  pm_card_chargeDeclined: "4000000000000002",
  pm_card_visa_chargeDeclined: "4000000000000002",
  pm_card_chargeDeclinedInsufficientFunds: "4000000000009995",
  pm_card_visa_chargeDeclinedInsufficientFunds: "4000000000009995",
  pm_card_chargeDeclinedLostCard: "4000000000009987",
  pm_card_visa_chargeDeclinedLostCard: "4000000000009987",
  pm_card_chargeDeclinedExpiredCard: "4000000000000069",
  pm_card_createDispute: "4000000000000259",
  pm_card_createDisputeProductNotReceived: "4000000000002685",
  pm_card_createDisputeInquiry: "4000000000001976",
  pm_card_createIssuerFraudRecord: "4000000000005423",
  pm_card_pendingRefund: "4000000000007726",
  pm_card_refundFail: "4000000000005126",
  pm_card_chargeCustomerFail: "4000000000000341",
  pm_card_authenticationRequired: "4000002760003184",
  pm_card_threeDSecure2Required: "4000002760003184",
  pm_card_threeDSecureRequired: "4000002760003184",
  pm_card_authenticationRequiredOnSetup: "4000002500003155",
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: "4000008260003178",
};

/** Finds a card by its number, written with or without spaces, by its last four digits, by Stripe's test payment method or its token. */
export function findTestCard(given: string): TestCard | undefined {
  const digits = given.replaceAll(/[\s-]/g, "");
  const number = BY_TOKEN[given.replace(/^tok_/, "pm_card_")] ?? digits;
  return TEST_CARDS.find((card) => card.number === number || (number.length === 4 && card.number.endsWith(number)));
}
