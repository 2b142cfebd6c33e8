import type Stripe from "stripe";
import type { Transaction } from "../core/store";
import { invalidRequest, resourceMissing, type ErrorBody } from "../http/stripe-error";
import { nextActionOf } from "./confirm-intent";
import { knownMethod, markMethod, saveMethod, type KnownMethod } from "./new-payment-method";
import { methodTypesFor } from "./test-accounts";
import type { TestCard } from "./test-cards";

/** What is needed to build a setup intent. */
export interface SetupFields {
  readonly customer: string | null;
  readonly description: string | null;
  readonly metadata: Stripe.Metadata;
  readonly usage: "off_session" | "on_session";
  readonly currency?: string | null;
  readonly allowed?: string[] | undefined;
  readonly excluded?: string[] | undefined;
  readonly now: number;
}

/** How a setup went. */
export type SetupOutcome =
  | { readonly kind: "saved"; readonly intent: Stripe.SetupIntent }
  | { readonly kind: "action"; readonly intent: Stripe.SetupIntent; readonly url: string }
  | { readonly kind: "declined"; readonly intent: Stripe.SetupIntent; readonly error: ErrorBody };

/**
 * From which statuses each call is allowed.
 * `requires_payment_method`: new, or a try failed. `requires_confirmation`: has a method. `requires_action`: the buyer is asked.
 * `succeeded`, `canceled`: final.
 */
export const SETUP_CALLS = {
  confirm: ["requires_payment_method", "requires_confirmation", "requires_action"],
  cancel: ["requires_payment_method", "requires_confirmation", "requires_action"],
  update: ["requires_payment_method", "requires_confirmation", "requires_action"],
} as const;

/** Checks that a call is allowed. Refuses: `setup_intent_unexpected_state` in Stripe's words. */
export function assertSetupCall(intent: Stripe.SetupIntent, call: keyof typeof SETUP_CALLS): void {
  const allowed: readonly string[] = SETUP_CALLS[call];
  if (allowed.includes(intent.status)) return;
  const done = { confirm: "confirmed", cancel: "canceled", update: "updated" }[call];
  throw invalidRequest(
    `You cannot ${call} this SetupIntent because it has a status of ${intent.status}. Only a SetupIntent with one of the following statuses may be ${done}: ${allowed.join(", ")}.`,
    { code: "setup_intent_unexpected_state" },
  );
}

/** Finds a setup intent. Refuses: `resource_missing`. */
export function knownSetup(tx: Pick<Transaction, "get">, id: string): Stripe.SetupIntent {
  const intent = tx.get("setup_intent", id);
  if (intent === undefined) throw resourceMissing("setupintent", id);
  return intent;
}

/** Creates a setup intent that waits for a method. */
export function newSetupIntent(tx: Transaction, fields: SetupFields): Stripe.SetupIntent {
  const id = tx.newId("seti_");
  const intent = {
    id,
    object: "setup_intent",
    allowed_payment_method_types: fields.allowed ?? null,
    application: null,
    automatic_payment_methods: { allow_redirects: "always", enabled: true },
    cancellation_reason: null,
    client_secret: `${id}_secret_${tx.newId("")}`,
    created: fields.now,
    customer: fields.customer,
    customer_account: null,
    description: fields.description,
    excluded_payment_method_types: fields.excluded ?? null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    mandate: null,
    metadata: fields.metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: methodTypesFor(fields.currency ?? null, fields),
    single_use_mandate: null,
    status: "requires_payment_method",
    usage: fields.usage,
  } satisfies Stripe.SetupIntent;
  tx.put("setup_intent", intent);
  return intent;
}

/** Sets a method up for later payments: it is saved, its bank asks the buyer first, or its bank refuses. */
export function confirmSetup(
  tx: Transaction,
  intent: Stripe.SetupIntent,
  { method, test }: KnownMethod,
  at: {
    readonly returnUrl: string | null;
    readonly sdk?: boolean | undefined;
    readonly session?: string;
    readonly baseUrl: string;
  },
): SetupOutcome {
  if (test.type !== "card" || test.authentication === "never")
    return endSetup(tx, intent, { method, test, setUp: false });
  const url = `${at.baseUrl}/c/authenticate/${intent.id}`;
  const asked: Stripe.SetupIntent = {
    ...intent,
    last_setup_error: null,
    next_action: nextActionOf(url, at),
    payment_method: method.id,
    status: "requires_action",
  };
  tx.put("setup_intent", asked);
  const { returnUrl, session = null } = at;
  tx.putQuietly("intent_details", { id: intent.id, session, returnUrl, settlesAt: null });
  return { kind: "action", intent: asked, url };
}

/** Answers for the buyer whom the bank asked. Refuses: a setup that asks nobody. */
export function answerSetup(tx: Transaction, intent: Stripe.SetupIntent, outcome: "complete" | "fail"): SetupOutcome {
  if (intent.status !== "requires_action" || typeof intent.payment_method !== "string") {
    throw invalidRequest(`The setup intent ${intent.id} asks nobody: it is ${intent.status}`);
  }
  const known = knownMethod(tx, intent.payment_method);
  if (outcome === "complete") return endSetup(tx, intent, known);
  return refuse(tx, intent, known.method, {
    type: "invalid_request_error",
    code: "setup_intent_authentication_failure",
    message:
      "The latest attempt to set up the payment method has failed because authentication failed. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this SetupIntent again.",
  });
}

function endSetup(tx: Transaction, intent: Stripe.SetupIntent, { method, test }: KnownMethod): SetupOutcome {
  const error = test.type === "card" ? refusalOf(test) : null;
  if (error !== null) return refuse(tx, intent, method, error);
  if (typeof intent.customer === "string") {
    saveMethod(tx, method, { customer: intent.customer, redisplay: "limited" });
    markMethod(tx, method.id, { setUp: true });
  }
  const saved: Stripe.SetupIntent = {
    ...intent,
    last_setup_error: null,
    next_action: null,
    payment_method: method.id,
    status: "succeeded",
  };
  tx.put("setup_intent", saved);
  return { kind: "saved", intent: saved };
}

function refusalOf({ decline, keeps }: TestCard): ErrorBody | null {
  if (decline === null || keeps) return null;
  const { code, declineCode, message } = decline;
  return { type: "card_error", code, message, ...(declineCode === null ? {} : { decline_code: declineCode }) };
}

function refuse(
  tx: Transaction,
  intent: Stripe.SetupIntent,
  method: Stripe.PaymentMethod,
  error: Pick<ErrorBody, "type" | "message" | "code" | "decline_code">,
): SetupOutcome {
  const failed: Stripe.SetupIntent = {
    ...intent,
    last_setup_error: { ...error, payment_method: method },
    next_action: null,
    payment_method: null,
    status: "requires_payment_method",
  };
  tx.put("setup_intent", failed);
  return { kind: "declined", intent: failed, error: { ...error, setup_intent: failed, payment_method: method } };
}
