import { failureOf, firstOf, type Step } from "../step";
import { pay } from "./payments";

const metadata = { order_id: "6735" };

const refundSteps: readonly Step[] = [
  {
    object: "refunds",
    title: "create in part and in full, retrieve, update and list them",
    run: async ({ stripe, given, check }) => {
      const { charge, intent } = await pay(given);
      const part = await stripe.refunds.create({ charge: charge.id, amount: 99, reason: "requested_by_customer" });
      check(part, { id: /^re_/, object: "refund", amount: 99, charge: charge.id, status: "succeeded" });
      check(await stripe.refunds.update(part.id, { metadata }), { id: part.id, metadata });
      check(await stripe.refunds.retrieve(part.id, { expand: ["balance_transaction"] }), {
        metadata,
        balance_transaction: { amount: -99, type: "refund" },
      });
      const rest = await stripe.refunds.create({ payment_intent: intent.id });
      check(rest, { amount: 1000, payment_intent: intent.id });
      check(await stripe.refunds.list({ limit: 3, charge: charge.id }), { data: [{ id: rest.id }, { id: part.id }] });
      check(await stripe.refunds.list({ payment_intent: intent.id, limit: 1 }), { has_more: true });
      check(await given.charges.retrieve(charge.id), { refunded: true, amount_refunded: 1099 });
      check(await failureOf(stripe.refunds.create({ charge: charge.id })), { code: "charge_already_refunded" });
    },
  },
  {
    object: "refunds",
    title: "cancel one that waits for the customer",
    run: async ({ stripe, given, check, simulate }) => {
      const { charge } = await pay(given);
      await simulate(`charge/${charge.id}/refunds`, { begins: "requires_action" });
      const refund = await stripe.refunds.create({ charge: charge.id });
      check(refund, { status: "requires_action", next_action: { type: "display_details" } });
      check(await stripe.refunds.cancel(refund.id), { id: refund.id, status: "canceled" });
      check(await given.charges.retrieve(charge.id), { refunded: false, amount_refunded: 0 });
    },
  },
  {
    object: "testHelpers.refunds",
    title: "let one that waits for the customer expire",
    run: async ({ stripe, given, check, simulate }) => {
      const { charge } = await pay(given);
      await simulate(`charge/${charge.id}/refunds`, { begins: "requires_action" });
      const refund = await given.refunds.create({ charge: charge.id });
      check(await stripe.testHelpers.refunds.expire(refund.id), { id: refund.id, status: "canceled" });
      check(await failureOf(stripe.testHelpers.refunds.expire(refund.id)), { statusCode: 400 });
    },
  },
];

const disputeSteps: readonly Step[] = [
  {
    object: "disputes",
    title: "retrieve and list one, stage its evidence, submit it and win",
    run: async ({ stripe, given, check }) => {
      const { charge, intent } = await pay(given, { method: "pm_card_createDispute" });
      const found = await stripe.disputes.list({ limit: 3, charge: charge.id });
      const { id } = firstOf(found);
      check(found, {
        url: "/v1/disputes",
        data: [{ object: "dispute", status: "needs_response", reason: "fraudulent" }],
      });
      check(await stripe.disputes.list({ payment_intent: intent.id }), { data: [{ id }] });
      check(await stripe.disputes.update(id, { metadata }), { id, metadata, status: "needs_response" });
      const staged = await stripe.disputes.update(id, {
        evidence: { uncategorized_text: "winning_evidence" },
        submit: false,
      });
      check(staged, { status: "needs_response", evidence_details: { has_evidence: true, submission_count: 0 } });
      check(await stripe.disputes.update(id, { submit: true }), {
        id,
        status: "won",
        evidence_details: { submission_count: 1 },
      });
      check(await stripe.disputes.retrieve(id, { expand: ["charge"] }), {
        status: "won",
        charge: { id: charge.id },
        metadata,
      });
    },
  },
  {
    object: "disputes",
    title: "close one, which loses it",
    run: async ({ stripe, given, check }) => {
      const { charge } = await pay(given, { method: "pm_card_createDisputeProductNotReceived" });
      const { id } = firstOf(await given.disputes.list({ charge: charge.id }));
      check(await stripe.disputes.close(id), { id, status: "lost", reason: "product_not_received" });
      check(await given.charges.retrieve(charge.id), { disputed: true });
      check(await failureOf(stripe.disputes.close(id)), { statusCode: 400 });
    },
  },
];

const warningSteps: readonly Step[] = [
  {
    object: "radar.earlyFraudWarnings",
    title: "retrieve and list one, which a refund makes idle",
    run: async ({ stripe, given, check }) => {
      const { charge, intent } = await pay(given, { method: "pm_card_createIssuerFraudRecord" });
      const found = await stripe.radar.earlyFraudWarnings.list({ limit: 3, charge: charge.id });
      const { id } = firstOf(found);
      check(found, { data: [{ id: /^issfr_/, object: "radar.early_fraud_warning", actionable: true }] });
      check(await stripe.radar.earlyFraudWarnings.list({ payment_intent: intent.id }), { data: [{ id }] });
      await given.refunds.create({ charge: charge.id, reason: "fraudulent" });
      check(await stripe.radar.earlyFraudWarnings.retrieve(id), { id, charge: charge.id, actionable: false });
    },
  },
];

/** Refunds, disputes and the warnings before them. */
export const moneyBackSteps: readonly Step[] = [...refundSteps, ...disputeSteps, ...warningSteps];
