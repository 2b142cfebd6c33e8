import type Stripe from "stripe";
import { z } from "zod";
import type { Transaction } from "../core/store";
import { invalidRequest } from "../http/stripe-error";
import { unsettableText } from "../http/parameters";
import { bookCounterFee } from "./dispute-money";
import { moveDispute, type DisputeStatus } from "./move-dispute";

const MAX_TEXT = 20_000;

const TEXTS = [
  "access_activity_log",
  "billing_address",
  "cancellation_policy_disclosure",
  "cancellation_rebuttal",
  "customer_email_address",
  "customer_name",
  "customer_purchase_ip",
  "duplicate_charge_explanation",
  "duplicate_charge_id",
  "product_description",
  "refund_policy_disclosure",
  "refund_refusal_explanation",
  "service_date",
  "shipping_address",
  "shipping_carrier",
  "shipping_date",
  "shipping_tracking_number",
  "uncategorized_text",
] as const;

type TextEvidence = Readonly<Record<(typeof TEXTS)[number], string | null>>;

/** The texts of evidence; files are not simulated. */
export const evidenceParameters = z
  .strictObject(
    Object.fromEntries(TEXTS.map((name) => [name, unsettableText(MAX_TEXT)])) as Record<
      (typeof TEXTS)[number],
      ReturnType<typeof unsettableText>
    >,
  )
  .partial();

const NO_TEXT = Object.fromEntries(TEXTS.map((name) => [name, null])) as TextEvidence;

export const NO_EVIDENCE = {
  ...NO_TEXT,
  cancellation_policy: null,
  customer_communication: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  enhanced_evidence: {},
  receipt: null,
  refund_policy: null,
  service_documentation: null,
  shipping_documentation: null,
  uncategorized_file: null,
} satisfies Stripe.Dispute.Evidence;

/** Where evidence leads from a status that waits for it. */
const ANSWERED: Readonly<Partial<Record<string, DisputeStatus>>> = {
  warning_needs_response: "warning_under_review",
  needs_response: "under_review",
  appeal_needs_response: "appeal_under_review",
};

/** How the issuer decides at once on Stripe's test texts, by the status that the evidence brought. */
const VERDICTS: Readonly<Partial<Record<string, Readonly<Partial<Record<string, DisputeStatus>>>>>> = {
  winning_evidence: { under_review: "won", appeal_under_review: "won", warning_under_review: "warning_closed" },
  losing_evidence: { under_review: "lost", appeal_under_review: "lost", warning_under_review: "warning_closed" },
  escalate_inquiry_evidence: { warning_under_review: "needs_response" },
};

type EvidenceChange = z.output<typeof evidenceParameters>;

/** Takes in evidence that is only staged. Refuses: a dispute that waits for none. */
export function stageEvidence(dispute: Stripe.Dispute, change: EvidenceChange): Stripe.Dispute {
  if (ANSWERED[dispute.status] === undefined) {
    throw invalidRequest(
      `You cannot change the evidence of this dispute because it has a status of ${dispute.status}. Only disputes that need a response take evidence.`,
      { param: "evidence" },
    );
  }
  const given = Object.entries(change).filter(([, value]) => value !== undefined);
  const evidence = { ...dispute.evidence, ...Object.fromEntries(given) };
  const has_evidence = TEXTS.some((name) => evidence[name] !== null);
  return { ...dispute, evidence, evidence_details: { ...dispute.evidence_details, has_evidence } };
}

/** Submits the evidence that is staged to the issuer, who decides Stripe's test texts at once. Refuses: none staged, none waited for. */
export function submitEvidence(tx: Transaction, staged: Stripe.Dispute, now: number): Stripe.Dispute {
  const to = ANSWERED[staged.status];
  if (to === undefined || !staged.evidence_details.has_evidence) {
    throw invalidRequest(
      `You cannot submit evidence for this dispute: it has a status of ${staged.status} and ${staged.evidence_details.has_evidence ? "has" : "no"} evidence.`,
      { param: "submit" },
    );
  }
  const { id, evidence, evidence_details: details, metadata } = staged;
  if (to === "under_review") bookCounterFee(tx, staged, now);
  const evidence_details: Stripe.Dispute.EvidenceDetails = {
    ...details,
    submission_count: details.submission_count + 1,
    submission_method: "manual",
  };
  const submitted = moveDispute(tx, id, { to, now, changes: { evidence, evidence_details, metadata } });
  const verdict = VERDICTS[evidence.uncategorized_text ?? ""]?.[to];
  return verdict === undefined ? submitted : moveDispute(tx, id, { to: verdict, now });
}
