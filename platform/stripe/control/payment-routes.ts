import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Clock } from "../core/clock";
import { timeOfCall } from "../core/living-time";
import type { Store } from "../core/store";
import { authenticate } from "../objects/authenticate";
import { liveCustomer } from "../objects/customers";
import { DECLINE_CODES, failNextCharge } from "../objects/forced-declines";
import { changeSession } from "../objects/change-session";
import { settleIntent } from "../objects/settle-intents";
import { paySession } from "../objects/settle-session";
import { findTestMethod, TEST_ACCOUNTS } from "../objects/test-accounts";
import { GOOD_CARD, TEST_CARDS } from "../objects/test-cards";
import { ControlError, readBody, route } from "./json-route";

/** What the payments of the control plane work on. */
export interface PaymentRoutes {
  readonly store: Store;
  readonly clock: Clock;
  /** Resolves when what was done is kept, and lets its events go. */
  readonly committed: <T>(work: T) => Promise<T>;
}

const METHODS = [...TEST_CARDS, ...TEST_ACCOUNTS].map(({ number }) => number).join(", ");

const payBody = z.strictObject({
  card: z
    .string()
    .refine((card) => findTestMethod(card) !== undefined, `expected one of the test cards ${METHODS}`)
    .optional(),
  saved: z.string().optional(),
  email: z.string().max(512).optional(),
  name: z.string().max(256).optional(),
  promotionCode: z.string().optional(),
  quantities: z.record(z.string(), z.number().int().min(0)).optional(),
});
const answerBody = z.strictObject({ outcome: z.enum(["complete", "fail"]).default("complete") });
const settleBody = z.strictObject({ outcome: z.enum(["succeed", "fail", "as_tested"]).default("as_tested") });
const failBody = z.strictObject({
  customer: z.string("expected the id of a customer"),
  code: z.enum(DECLINE_CODES).default("card_declined"),
});
const taxBody = z.strictObject({ percent: z.number("expected a percentage from 0 to 100").min(0).max(100) });

/** Serves what buyers and banks do: pay a page, answer a bank, settle a debit; and the rate of tax. */
export function servePayments(server: FastifyInstance, { store, clock, committed }: PaymentRoutes): void {
  const timeAt = (id: string): number => timeOfCall(store, [id], clock.nowSeconds());
  const part = ({ params }: FastifyRequest, name: string): string => (params as Record<string, string>)[name] ?? "";

  route(server, "POST", "/_sim/checkout/:session/pay", async (request, body) => {
    const { card, saved, email = null, name = null, promotionCode, quantities } = readBody(payBody, body);
    const id = part(request, "session");
    const now = timeAt(id);
    const settled = store.atomically(null, (tx) => {
      if (promotionCode !== undefined || quantities !== undefined) {
        changeSession(tx, id, { promotionCode, quantities, now });
      }
      return paySession(tx, id, { card: findTestMethod(card ?? "") ?? GOOD_CARD, saved, email, name, now });
    });
    const result = await committed(settled);
    if (result.kind !== "declined") return result.session;
    throw new ControlError(402, { error: result.error.message, decline: result.error, session: result.session });
  });
  for (const kind of ["payment_intents", "setup_intents"]) {
    route(server, "POST", `/_sim/${kind}/:intent/authenticate`, async (request, body) => {
      const { outcome } = readBody(answerBody, body);
      const id = part(request, "intent");
      const options = { outcome, now: timeAt(id) };
      const answered = await committed(store.atomically(null, (tx) => authenticate(tx, id, options)));
      return answered.intent;
    });
  }
  route(server, "POST", "/_sim/payment_intents/:intent/settle", (request, body) => {
    const { outcome } = readBody(settleBody, body);
    const id = part(request, "intent");
    const options = { outcome, now: timeAt(id) };
    return committed(store.atomically(null, (tx) => settleIntent(tx, id, options)));
  });
  route(server, "POST", "/_sim/fail_next_charge", (_request, body) => {
    const { customer: id, code } = readBody(failBody, body);
    const customer = store.atomically(null, (tx) => {
      const known = liveCustomer(tx, id);
      failNextCharge(tx, id, code);
      return known;
    });
    return committed(customer);
  });
  route(server, "POST", "/_sim/tax", (_request, body) => {
    const { percent } = readBody(taxBody, body);
    store.atomically(null, (tx) => tx.putQuietly("setting", { id: "tax", value: percent }));
    return committed({ percent });
  });
}
