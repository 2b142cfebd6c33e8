/** What a test card does when it is charged. */
export interface TestCard {
  readonly number: string;
  readonly brand: string;
  readonly label: string;
  readonly decline: Decline | null;
}

export interface Decline {
  readonly code: string;
  readonly declineCode: string | null;
  readonly message: string;
}

const declined = (declineCode: string, message = "Your card was declined."): Decline => ({
  code: "card_declined",
  declineCode,
  message,
});

const visa = (number: string, label: string, decline: Decline | null): TestCard => ({
  number,
  brand: "visa",
  label,
  decline,
});

/** The card that pays when none is named. */
export const GOOD_CARD = visa("4242424242424242", "Succeeds", null);

/** The cards that the simulator knows; the numbers are Stripe's public test numbers. */
export const TEST_CARDS: readonly TestCard[] = [
  GOOD_CARD,
  visa("4000000000000002", "Declined", declined("generic_decline")),
  visa("4000000000009995", "Insufficient funds", declined("insufficient_funds", "Your card has insufficient funds.")),
  visa("4000000000009987", "Lost card", declined("lost_card")),
  visa("4000000000000069", "Expired card", {
    code: "expired_card",
    declineCode: null,
    message: "Your card has expired.",
  }),
];

const BY_TOKEN: Readonly<Record<string, string>> = {
  pm_card_visa: "4242424242424242",
  pm_card_chargeDeclined: "4000000000000002",
  pm_card_visa_chargeDeclined: "4000000000000002",
  pm_card_chargeDeclinedInsufficientFunds: "4000000000009995",
  pm_card_visa_chargeDeclinedInsufficientFunds: "4000000000009995",
  pm_card_chargeDeclinedLostCard: "4000000000009987",
  pm_card_visa_chargeDeclinedLostCard: "4000000000009987",
  pm_card_chargeDeclinedExpiredCard: "4000000000000069",
};

/** Finds a card by its number, written with or without spaces, by its last four digits or by Stripe's test payment method. */
export function findTestCard(given: string): TestCard | undefined {
  const digits = given.replaceAll(/[\s-]/g, "");
  const number = BY_TOKEN[given] ?? digits;
  return TEST_CARDS.find((card) => card.number === number || (number.length === 4 && card.number.endsWith(number)));
}
