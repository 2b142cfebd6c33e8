import { createDigest } from "../../functions-src/lib/adapters/node/digest";
import { createWebhookSender } from "../../functions-src/lib/adapters/node/webhook-sender";
import { createTiming } from "../../functions-src/lib/adapters/node/timing";
import { AppError } from "../../functions-src/lib/domain/app-error";
import { toAmount } from "../../functions-src/lib/domain/amount";
import { newestVersions } from "../../functions-src/lib/domain/catalog";
import type { CheckoutFacts } from "../../functions-src/lib/domain/checkout";
import type { InvoiceFact } from "../../functions-src/lib/domain/invoice";
import { overDatabase } from "../../functions-src/lib/edge/compose";
import { NO_MONEY_BACK, type MoneyBack } from "../../functions-src/lib/domain/money-back";
import type { MoneyBackObject } from "../../functions-src/lib/domain/stripe-effects";
import type { Database } from "../../functions-src/lib/ports/collection";
import type {
  ListedEvent,
  MoneyBackIndex,
  Payments,
  SavedCharge,
  TopUpPayment,
} from "../../functions-src/lib/ports/payments";
import type { Deps } from "../../functions-src/lib/usecases/deps";

/** Log lines that a test can look at. */
export interface RecordedLog {
  readonly alerts: { event: string; facts: Readonly<Record<string, unknown>> }[];
}

/** A Stripe that answers from memory; `failure`, when set, is thrown by every call. */
export class FakePayments implements Payments {
  readonly mode = "test" as const;
  readonly releaseTrain = "endive";
  readonly sessions = new Map<string, CheckoutFacts>();
  readonly customers: string[] = [];
  /** Customers that were deleted at Stripe. */
  readonly gone = new Set<string>();
  /** By payment intent. */
  readonly moneyBack = new Map<string, MoneyBack>();
  failure: Error | null = null;

  /** The customers that idempotency keys of now made; empty it to let time pass. */
  readonly customerKeys = new Map<string, string>();
  private readonly customerAccounts = new Map<string, string>();
  /** Addresses by customer. */
  readonly emails = new Map<string, string>();

  async createCustomer(customer: Parameters<Payments["createCustomer"]>[0]): Promise<string> {
    await this.answer();
    const { idempotencyKey, accountId } = customer;
    const known = this.customerKeys.get(idempotencyKey);
    if (known !== undefined) return known;
    const id = `cus_${this.customers.length}_${idempotencyKey.slice(0, 12)}`;
    this.customers.push(id);
    this.customerKeys.set(idempotencyKey, id);
    this.customerAccounts.set(id, accountId);
    return id;
  }

  async setCustomerEmail({ customerId, email }: { customerId: string; email: string }): Promise<void> {
    await this.answer();
    this.emails.set(customerId, email);
  }

  async findCustomer({ accountId, except }: Parameters<Payments["findCustomer"]>[0]): Promise<string | null> {
    await this.answer();
    const found = this.customers.find((id) => id !== except && this.customerAccounts.get(id) === accountId);
    return found ?? null;
  }

  async createPackCheckout(
    checkout: Parameters<Payments["createPackCheckout"]>[0],
  ): Promise<{ sessionId: string; url: string }> {
    await this.answer();
    if (this.gone.has(checkout.customerId)) {
      const detail = { code: "resource_missing", param: "customer" };
      throw new AppError("conflict", `Stripe refused the call: No such customer: '${checkout.customerId}'`, { detail });
    }
    const sessionId = `cs_${checkout.idempotencyKey.slice(0, 12)}`;
    this.sessions.set(sessionId, {
      sessionId,
      mode: "test",
      kind: "payment",
      status: "open",
      paymentStatus: "unpaid",
      valueMinor: toAmount(
        (checkout.unitAmountMinor * checkout.order.quantity) / (checkout.promotionCodeId === null ? 1 : 2),
      ),
      currency: checkout.currency,
      paymentIntentId: null,
      invoiceId: null,
      customerId: checkout.customerId,
      order: checkout.order,
    });
    return { sessionId, url: `https://pay.example/${sessionId}` };
  }

  async findPromotionCode(code: string): Promise<string | null> {
    await this.answer();
    return code === "HALF" ? "promo_half" : null;
  }

  async loadCheckout(sessionId: string): Promise<CheckoutFacts> {
    await this.answer();
    const session = this.sessions.get(sessionId);
    if (session === undefined) throw new Error(`No such session ${sessionId}`);
    return session;
  }

  async findCheckout(paymentIntentId: string): Promise<string | null> {
    await this.answer();
    return (
      [...this.sessions.values()].find((session) => session.paymentIntentId === paymentIntentId)?.sessionId ?? null
    );
  }

  async findPaymentIntent({ id }: MoneyBackObject): Promise<string | null> {
    await this.answer();
    const found = [...this.moneyBack].find(([, { refunds, disputes, warnings }]) =>
      [...refunds, ...disputes, ...warnings].some((object) => object.id === id),
    );
    return found?.[0] ?? null;
  }

  async loadMoneyBack({ stripePaymentIntentId }: Parameters<Payments["loadMoneyBack"]>[0]): Promise<MoneyBack> {
    await this.answer();
    return this.moneyBackOf(stripePaymentIntentId);
  }

  private moneyBackOf(paymentIntentId: string | null): MoneyBack {
    return this.moneyBack.get(paymentIntentId ?? "") ?? NO_MONEY_BACK;
  }

  /** Refunds that we asked for, by idempotency key. */
  readonly refundsMade = new Map<string, { readonly id: string; readonly wish: string }>();

  async createRefund(refund: Parameters<Payments["createRefund"]>[0]): Promise<string> {
    await this.answer();
    const known = this.refundsMade.get(refund.idempotencyKey);
    if (known !== undefined) return known.id;
    const id = `re_made_${this.refundsMade.size}_${refund.paymentIntentId}`;
    this.refundsMade.set(refund.idempotencyKey, { id, wish: refund.wish });
    const money = this.moneyBackOf(refund.paymentIntentId);
    const refunds = [...money.refunds, { id, status: "succeeded" as const, amountMinor: refund.amountMinor }];
    this.moneyBack.set(refund.paymentIntentId, { ...money, refunds });
    return id;
  }

  async findRefund({ wish }: { wish: string }): Promise<string | null> {
    await this.answer();
    return [...this.refundsMade.values()].find((refund) => refund.wish === wish)?.id ?? null;
  }

  /** Saved cards by customer; one with `declines` is refused by its bank. */
  readonly cards = new Map<string, { readonly id: string; readonly declines: boolean }>();
  /** Payments of top-ups, by payment intent. */
  readonly topUps = new Map<string, TopUpPayment>();
  /** How often a card was charged. */
  charges = 0;

  async findSavedCard(customerId: string): Promise<string | null> {
    await this.answer();
    return this.cards.get(customerId)?.id ?? null;
  }

  async chargeSavedCard(charge: SavedCharge): Promise<string> {
    await this.answer();
    const paymentIntentId = `pi_${charge.topUpId}`;
    if (this.topUps.has(paymentIntentId)) return paymentIntentId;
    this.charges += 1;
    const status = this.cards.get(charge.customerId)?.declines === true ? "failed" : "succeeded";
    this.topUps.set(paymentIntentId, { ...charge, mode: "test", paymentIntentId, status });
    return paymentIntentId;
  }

  async findTopUp({ topUpId }: { topUpId: string }): Promise<string | null> {
    await this.answer();
    return this.topUps.get(`pi_${topUpId}`)?.paymentIntentId ?? null;
  }

  async loadTopUp(paymentIntentId: string): Promise<TopUpPayment | null> {
    await this.answer();
    return this.topUps.get(paymentIntentId) ?? null;
  }

  async cancelTopUp(paymentIntentId: string): Promise<void> {
    await this.answer();
    const topUp = this.topUps.get(paymentIntentId);
    if (topUp !== undefined) this.topUps.set(paymentIntentId, { ...topUp, status: "canceled" });
  }

  /** Events that Stripe lists. */
  readonly events: ListedEvent[] = [];

  async listEvents({ types }: { types: readonly string[] }): Promise<readonly ListedEvent[]> {
    await this.answer();
    return this.events.filter(({ type }) => types.includes(type));
  }

  async listInvoices(): Promise<{ invoices: readonly InvoiceFact[]; hasMore: boolean }> {
    await this.answer();
    return { invoices: [], hasMore: false };
  }

  async *listCheckouts(): AsyncIterable<CheckoutFacts> {
    await this.answer();
    yield* this.sessions.values();
  }

  async listPayments(): Promise<ReadonlySet<string>> {
    await this.answer();
    const sold = [...this.sessions.values()].flatMap(({ paymentIntentId }) => paymentIntentId ?? []);
    return new Set([...sold, ...this.topUps.keys()]);
  }

  async listMoneyBack(): Promise<MoneyBackIndex> {
    await this.answer();
    return ({ stripePaymentIntentId }) => this.moneyBackOf(stripePaymentIntentId);
  }

  async findPayment(paymentIntentId: string): Promise<string | null> {
    await this.answer();
    const sold = [...this.sessions.values()].some((session) => session.paymentIntentId === paymentIntentId);
    return sold || this.topUps.has(paymentIntentId) ? "succeeded" : null;
  }

  async verifyDelivery(): Promise<{ rejected: string }> {
    await this.answer();
    return { rejected: "the fake believes nothing" };
  }

  pay(sessionId: string): void {
    const session = this.sessions.get(sessionId);
    if (session === undefined) throw new Error(`No such session ${sessionId}`);
    this.sessions.set(sessionId, {
      ...session,
      status: "complete",
      paymentStatus: "paid",
      paymentIntentId: `pi_${sessionId}`,
    });
  }

  private async answer(): Promise<void> {
    await Promise.resolve();
    if (this.failure !== null) throw this.failure;
  }
}

/** Builds what use cases need over a database, with a fake Stripe and a log that a test can read. */
export function depsOver(
  database: Database,
  payments: FakePayments = new FakePayments(),
): Deps & { readonly recorded: RecordedLog; readonly payments: FakePayments } {
  const recorded: RecordedLog = { alerts: [] };
  const stored = overDatabase(database, {
    payments,
    recorded,
    digest: createDigest("an identity key for tests, long enough"),
    timing: createTiming(),
    webhookSender: createWebhookSender(),
    log: {
      info: () => undefined,
      alert: (event: string, facts = {}) => void recorded.alerts.push({ event, facts }),
    },
  });
  return { ...stored, catalog: async () => newestVersions(await stored.catalogVersions.listVersions()) };
}

type KeyedCall = "createCustomer" | "createPackCheckout" | "createRefund" | "chargeSavedCard";

/** Lets the first keyed call of a kind fail with a 500, which is the answer of its key from then on; `works` = the work is done. */
export function failAndKeep(payments: FakePayments, name: KeyedCall, { works }: { readonly works: boolean }): void {
  const call = payments[name].bind(payments) as (request: { readonly idempotencyKey: string }) => Promise<never>;
  let spent: string | null = null;
  const failing = async (request: { readonly idempotencyKey: string }): Promise<never> => {
    const isFirst = spent === null;
    spent ??= request.idempotencyKey;
    if (request.idempotencyKey !== spent) return call(request);
    if (isFirst && works) await call(request);
    throw new AppError("unavailable", "Stripe failed", { detail: { isKeySpent: true } });
  };
  Object.assign(payments, { [name]: failing });
}
