import { isAmount } from "../domain/amount";
import { AppError } from "../domain/app-error";
import type { Pack } from "../domain/catalog";
import { packCauseOf } from "../domain/checkout";
import type { Instant } from "../domain/instant";
import { type Refusal, refuse } from "../domain/refusal";
import { isKeySpent } from "../domain/stripe-key-life";
import type { OperationRef } from "../ports/operation-store";
import type { Caller, MemberCall } from "./caller";
import { claimCustomer } from "./claim-customer";
import type { Deps } from "./deps";
import { scopeOf } from "./operation";

/** A purchase as asked for. */
export interface CheckoutInput {
  readonly key: string;
  readonly pack: string;
  readonly quantity: number;
  /** A promotion code as the buyer types it; null = none. */
  readonly coupon: string | null;
  readonly saveCard: boolean;
  readonly successUrl: string;
  readonly cancelUrl: string;
}

/** What `billing/checkout` answers: where the buyer pays. */
export interface CheckoutAnswer {
  readonly ok: true;
  readonly replayed: boolean;
  readonly sessionId: string;
  readonly url: string;
}

/**
 * Opens a Stripe checkout for a pack. A call that died between Stripe and our answer is finished by the same key.
 * Refuses, in this order: key_reused, account_closed, account_suspended, pack_unknown, coupon_invalid.
 * Throws: AppError `invalid_input` when units or price times quantity pass the largest amount, `unavailable` when Stripe
 * cannot be reached.
 */
export async function startCheckout(
  deps: Deps,
  call: MemberCall<CheckoutInput>,
  now: Instant,
): Promise<CheckoutAnswer | Refusal> {
  const { caller, accountId, input } = call;
  const ref = { accountId, scope: scopeOf(caller), key: input.key };
  const fingerprint = deps.digest.json({ useCase: "checkout", ...input });
  const known = await deps.operations.find(ref);
  if (known !== null && known.fingerprint !== fingerprint) return refuse("key_reused");
  if (known !== null && known.answer !== null) return checkoutAnswer(known.answer, "replayed");

  const account = await deps.accounts.findAccount(accountId);
  const pack = (await deps.catalog(now)).packs.find(({ id }) => id === input.pack);
  if (account?.status === "closed") return refuse("account_closed");
  if (account?.status === "suspended") return refuse("account_suspended");
  if (pack === undefined) return refuse("pack_unknown", { pack: input.pack });
  assertQuantity(pack, input.quantity);
  const promotionCodeId = input.coupon === null ? null : await deps.payments.findPromotionCode(input.coupon);
  if (input.coupon !== null && promotionCodeId === null) return refuse("coupon_invalid");

  const operation = await deps.operations.open({ ...ref, useCase: "checkout", fingerprint, at: now });
  if (operation.fingerprint !== fingerprint) return refuse("key_reused");
  const claimed = account?.stripeCustomers[deps.payments.mode];
  const customerId = claimed ?? (await claimCustomer(deps, { caller, accountId, gone: null }, now));
  const { spentKeys } = operation;
  const purchase = { caller, ref, input, pack, customerId, promotionCodeId, spentKeys };
  const session = await createSession(deps, purchase, now);
  const cause = packCauseOf(session.sessionId);
  await deps.links.put({ mode: deps.payments.mode, stripeId: session.sessionId, accountId, cause, at: now });
  await deps.operations.finish(ref, session);
  return checkoutAnswer(session, "new");
}

interface Purchase {
  readonly caller: Caller;
  readonly ref: OperationRef;
  readonly input: CheckoutInput;
  readonly pack: Pack;
  readonly customerId: string;
  readonly promotionCodeId: string | null;
  readonly spentKeys: number;
}

/**
 * Opens the session; a customer that was deleted at Stripe, or merged into another, is replaced once. Where Stripe fails and keeps
 * that, the session is asked for under a new key at once: one that was made all the same is known to nobody, and ends unpaid.
 */
async function createSession(
  deps: Deps,
  purchase: Purchase,
  now: Instant,
): Promise<{ sessionId: string; url: string }> {
  try {
    return await openSession(deps, purchase);
  } catch (error) {
    if (isKeySpent(error)) {
      const spentKeys = await deps.operations.spendKey(purchase.ref, purchase.spentKeys);
      return openSession(deps, { ...purchase, spentKeys });
    }
    if (!isCustomerGone(error)) throw error;
    const { accountId } = purchase.ref;
    const { caller, customerId: gone } = purchase;
    deps.log.alert("stripe_customer_gone", { accountId, customerId: gone });
    return openSession(deps, { ...purchase, customerId: await claimCustomer(deps, { caller, accountId, gone }, now) });
  }
}

function isCustomerGone(error: unknown): boolean {
  if (!(error instanceof AppError)) return false;
  return error.detail["code"] === "resource_missing" && error.detail["param"] === "customer";
}

function openSession(deps: Deps, purchase: Purchase): Promise<{ sessionId: string; url: string }> {
  const { ref, input, pack, customerId, spentKeys } = purchase;
  const parameters = {
    customerId,
    order: { accountId: ref.accountId, packId: pack.id, packVersion: pack.version, quantity: input.quantity },
    name: pack.name,
    unitAmountMinor: pack.price.amountMinor,
    currency: pack.price.currency,
    promotionCodeId: purchase.promotionCodeId,
    saveCard: input.saveCard,
    successUrl: input.successUrl,
    cancelUrl: input.cancelUrl,
  };
  // The hash of the parameters belongs to the key: Stripe refuses a key that comes again with other parameters.
  const idempotencyKey = deps.digest.json({ ...ref, useCase: "checkout", parameters, spentKeys });
  return deps.payments.createPackCheckout({ idempotencyKey, ...parameters });
}

function assertQuantity(pack: Pack, quantity: number): void {
  if (isAmount(pack.tokens * quantity) && isAmount(pack.price.amountMinor * quantity)) return;
  throw new AppError("invalid_input", `quantity: expected a number that keeps the total below 2^53, got ${quantity}`);
}

function checkoutAnswer(answer: Readonly<Record<string, string>>, from: "new" | "replayed"): CheckoutAnswer {
  return {
    ok: true,
    replayed: from === "replayed",
    sessionId: answer["sessionId"] ?? "",
    url: answer["url"] ?? "",
  };
}
