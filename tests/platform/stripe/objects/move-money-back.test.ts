import { memoryJournal } from "../../../../platform/stripe/core/journal";
import { openStore, type Store } from "../../../../platform/stripe/core/store";
import { attemptPayment, newPaymentIntent } from "../../../../platform/stripe/objects/attempt-payment";
import { DISPUTE_MOVES, moveDispute, type DisputeStatus } from "../../../../platform/stripe/objects/move-dispute";
import { moveRefund, REFUND_MOVES, type RefundStatus } from "../../../../platform/stripe/objects/move-refund";
import { newRefund } from "../../../../platform/stripe/objects/new-refund";
import { openDispute } from "../../../../platform/stripe/objects/open-dispute";
import { GOOD_CARD } from "../../../../platform/stripe/objects/test-cards";

const now = 1_800_000_000;

function withCharge(): { readonly store: Store; readonly charge: string } {
  const store = openStore(memoryJournal, 1);
  const charge = store.atomically(null, (tx) => {
    const fields = {
      amount: 1000,
      currency: "usd",
      customer: null,
      description: null,
      metadata: {},
      receiptEmail: null,
    };
    const attempt = attemptPayment(tx, newPaymentIntent(tx, { ...fields, now }), { card: GOOD_CARD, email: null, now });
    if (attempt.kind === "paid") attempt.book();
    return String(attempt.intent.latest_charge);
  });
  return { store, charge };
}

/** What was said of one move of a machine. */
type Case<S> = readonly [from: S, to: S, legal: boolean];

function casesOf<S extends string>(moves: Readonly<Record<S, readonly S[]>>): readonly Case<S>[] {
  const statuses = Object.keys(moves) as S[];
  return statuses.flatMap((from) => statuses.map((to) => [from, to, moves[from].includes(to)] as const));
}

describe("a refund makes the moves of its closed list and no others", () => {
  it.each(casesOf<RefundStatus>(REFUND_MOVES))("from %s to %s: %s", (from, to, legal) => {
    const { store, charge } = withCharge();
    const id = store.atomically(null, (tx) => {
      const refund = newRefund(tx, { charge }, now);
      tx.putQuietly("refund", { ...refund, status: from });
      return refund.id;
    });
    const move = (): unknown => store.atomically(null, (tx) => moveRefund(tx, id, { to, now }));
    if (legal) expect(move()).toMatchObject({ status: to });
    else expect(move).toThrow(`The refund has a status of ${from} and cannot become ${to}`);
    expect(store.get("refund", id)?.status).toBe(legal ? to : from);
  });
});

describe("a dispute makes the moves of its closed list and no others", () => {
  it.each(casesOf<DisputeStatus>(DISPUTE_MOVES))("from %s to %s: %s", (from, to, legal) => {
    const { store, charge } = withCharge();
    const id = store.atomically(null, (tx) => {
      const dispute = openDispute(tx, tx.get("charge", charge)!, { opens: "inquiry", reason: "general", now });
      tx.putQuietly("dispute", { ...dispute, status: from });
      return dispute.id;
    });
    const booked = (): number => store.list("balance_transaction").length;
    const before = booked();
    const move = (): unknown => store.atomically(null, (tx) => moveDispute(tx, id, { to, now }));
    if (legal) expect(move()).toMatchObject({ status: to });
    else expect(move).toThrow(`The dispute has a status of ${from} and cannot become ${to}`);
    const holds = (status: string): boolean => /^(needs_response|under_review|lost|appeal_)/.test(status);
    expect(booked() - before).toBe(legal && holds(from) !== holds(to) ? 1 : 0);
  });
});
