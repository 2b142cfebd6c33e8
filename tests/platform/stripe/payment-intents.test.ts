import type Stripe from "stripe";
import { INTENT_CALLS, INTENT_MOVES, moveIntent } from "../../../platform/stripe/objects/intent-moves";
import { closeAll, eventTypesOf, failureOf, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest({ testClock: true });
  sdk = simulator.sdk;
});
afterEach(closeAll);

type Params = Partial<Stripe.PaymentIntentCreateParams>;
const create = (changes: Params = {}): Promise<Stripe.PaymentIntent> =>
  sdk.paymentIntents.create({ amount: 2000, currency: "usd", ...changes });
const pay = (payment_method: string, changes: Params = {}): Promise<Stripe.PaymentIntent> =>
  create({ payment_method, confirm: true, ...changes });
const eventsAfter = async (count: number): Promise<string[]> => (await eventTypesOf(simulator)).slice(count);

describe("payment intents", () => {
  it("wait for confirmation with a method, take changes, and pay when they are confirmed", async () => {
    const made = await create({ payment_method: "pm_card_visa" });
    expect(made.status).toBe("requires_confirmation");
    const updated = await sdk.paymentIntents.update(made.id, { amount: 2500, description: "more" });
    expect(updated).toMatchObject({ amount: 2500, description: "more", status: "requires_confirmation" });
    expect(await sdk.paymentIntents.confirm(made.id)).toMatchObject({ status: "succeeded", amount_received: 2500 });
  });

  it("tell their charge where the goods go, and what stands on the statement", async () => {
    const shipping = { name: "Jenny Rosen", address: { line1: "Torstr. 1", country: "DE" } };
    const made = await create({ shipping, statement_descriptor_suffix: "TOKENS" });
    await sdk.paymentIntents.update(made.id, { shipping: { ...shipping, carrier: "DHL" } });
    const params = { payment_method: "pm_card_visa", receipt_email: "jenny@example.com", expand: ["latest_charge"] };
    const paid = await sdk.paymentIntents.confirm(made.id, params);
    const told = { shipping: { ...shipping, carrier: "DHL", phone: null }, statement_descriptor_suffix: "TOKENS" };
    expect(paid).toMatchObject({ ...told, latest_charge: { ...told, receipt_email: "jenny@example.com" } });
    expect(await failureOf(sdk.paymentIntents.update(made.id, { shipping }))).toMatchObject({ statusCode: 400 });
  });

  it("fail instead of asking the buyer when that is wanted", async () => {
    const params = { payment_method: "pm_card_authenticationRequired", error_on_requires_action: true };
    expect(await failureOf(pay(params.payment_method, params))).toMatchObject({ code: "authentication_required" });
    expect(await failureOf(create(params))).toMatchObject({ param: "error_on_requires_action" });
    const { id } = await create();
    expect(await failureOf(sdk.paymentIntents.confirm(id, params))).toMatchObject({ statusCode: 402 });
    expect(await sdk.paymentIntents.retrieve(id)).toMatchObject({ status: "requires_payment_method" });
  });

  it("learn late how they are captured, by what they are paid, and what stands on the statement", async () => {
    const { id } = await create();
    const changes = { capture_method: "manual", excluded_payment_method_types: ["us_bank_account"] } as const;
    const updated = await sdk.paymentIntents.update(id, {
      ...changes,
      excluded_payment_method_types: [...changes.excluded_payment_method_types],
    });
    expect(updated).toMatchObject({ ...changes, payment_method_types: ["card"] });
    await sdk.paymentIntents.confirm(id, { payment_method: "pm_card_visa" });
    const suffix = { statement_descriptor_suffix: "LATE" };
    const captured = await sdk.paymentIntents.capture(id, { ...suffix, expand: ["latest_charge"] });
    expect(captured).toMatchObject({ ...suffix, status: "succeeded", latest_charge: suffix });
  });

  it("save the method on the customer when it is for later, and charge it while the buyer is away", async () => {
    const customer = await sdk.customers.create();
    const first = await pay("pm_card_visa", { customer: customer.id, setup_future_usage: "off_session" });
    const saved = await sdk.customers.listPaymentMethods(customer.id);
    expect(saved.data.map(({ id }) => id)).toEqual([first.payment_method]);
    const later = await pay(String(first.payment_method), { customer: customer.id, off_session: true });
    expect(later).toMatchObject({ status: "succeeded", payment_method: first.payment_method });
    expect(await eventTypesOf(simulator)).toContain("payment_method.attached");
  });

  it("do not take a method twice that was not saved, nor another customer's, nor a saved one without its customer", async () => {
    const [ada, bob] = [await sdk.customers.create(), await sdk.customers.create()];
    const loose = await pay("pm_card_visa");
    expect(await failureOf(pay(String(loose.payment_method)))).toMatchObject({
      message: expect.stringContaining("It may not be used again."),
    });
    const saved = await sdk.paymentMethods.attach("pm_card_visa", { customer: ada.id });
    expect(await failureOf(pay(saved.id))).toMatchObject({ param: "payment_method" });
    expect(await failureOf(pay(saved.id, { customer: bob.id }))).toMatchObject({
      message: expect.stringContaining("The customer does not have a payment method with the ID"),
    });
  });

  it("ask the buyer by a redirect, and pay when the buyer completes it", async () => {
    const asked = await pay("pm_card_threeDSecure2Required", { return_url: "https://shop.example/back" });
    expect(asked).toMatchObject({
      status: "requires_action",
      latest_charge: null,
      next_action: {
        type: "redirect_to_url",
        redirect_to_url: {
          return_url: "https://shop.example/back",
          url: `${simulator.url}/c/authenticate/${asked.id}`,
        },
      },
    });
    const answer = await simulator.simulate("POST", `payment_intents/${asked.id}/authenticate`);
    expect(answer).toMatchObject({ status: 200, body: { status: "succeeded", next_action: null } });
    expect(await eventTypesOf(simulator)).toEqual([
      "payment_intent.created",
      "payment_intent.requires_action",
      "charge.succeeded",
      "payment_intent.succeeded",
      "charge.updated",
    ]);
    const again = await simulator.simulate("POST", `payment_intents/${asked.id}/authenticate`);
    expect(again).toMatchObject({
      status: 400,
      body: { error: `The payment intent ${asked.id} asks nobody: it is succeeded` },
    });
  });

  it("go back to waiting for a method when the buyer fails, without a charge, and name Stripe.js without a return address", async () => {
    const asked = await pay("pm_card_authenticationRequired");
    expect(asked.next_action).toMatchObject({ type: "use_stripe_sdk" });
    await simulator.simulate("POST", `payment_intents/${asked.id}/authenticate`, { outcome: "fail" });
    expect(await sdk.paymentIntents.retrieve(asked.id)).toMatchObject({
      status: "requires_payment_method",
      payment_method: null,
      next_action: null,
      last_payment_error: { code: "payment_intent_authentication_failure" },
    });
    expect((await sdk.charges.list()).data).toEqual([]);
    expect(await eventsAfter(2)).toEqual(["payment_intent.payment_failed"]);
  });

  it("can be declined after the buyer was asked", async () => {
    const asked = await pay("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds");
    await simulator.simulate("POST", `payment_intents/${asked.id}/authenticate`);
    expect(await sdk.paymentIntents.retrieve(asked.id)).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { decline_code: "insufficient_funds" },
    });
  });

  it("are declined with authentication_required when the bank asks and the buyer is away, unless the card was set up", async () => {
    const customer = await sdk.customers.create();
    const strict = await sdk.paymentMethods.attach("pm_card_authenticationRequired", { customer: customer.id });
    const away = { customer: customer.id, off_session: true };
    expect(await failureOf(pay(strict.id, away))).toMatchObject({
      type: "StripeCardError",
      statusCode: 402,
      code: "authentication_required",
      decline_code: "authentication_required",
      payment_intent: { status: "requires_payment_method" },
    });
    const lenient = await pay("pm_card_authenticationRequiredOnSetup", {
      customer: customer.id,
      setup_future_usage: "off_session",
    });
    await simulator.simulate("POST", `payment_intents/${lenient.id}/authenticate`);
    const { payment_method } = await sdk.paymentIntents.retrieve(lenient.id);
    expect(await pay(String(payment_method), away)).toMatchObject({ status: "succeeded" });
  });

  it("capture the whole or a part of what was authorized, and book only that", async () => {
    const held = await pay("pm_card_visa", { capture_method: "manual" });
    expect(held).toMatchObject({ status: "requires_capture", amount_capturable: 2000, amount_received: 0 });
    const tooMuch = sdk.paymentIntents.capture(held.id, { amount_to_capture: 2001 });
    expect(await failureOf(tooMuch)).toMatchObject({ code: "amount_too_large", param: "amount_to_capture" });
    const taken = await sdk.paymentIntents.capture(held.id, { amount_to_capture: 1500, expand: ["latest_charge"] });
    expect(taken).toMatchObject({
      status: "succeeded",
      amount_capturable: 0,
      amount_received: 1500,
      latest_charge: { amount: 2000, amount_captured: 1500, captured: true },
    });
    expect((await sdk.balanceTransactions.list()).data).toMatchObject([{ amount: 1500 }]);
    expect(await eventTypesOf(simulator)).toEqual([
      "payment_intent.created",
      "charge.succeeded",
      "payment_intent.amount_capturable_updated",
      "charge.captured",
      "payment_intent.succeeded",
      "charge.updated",
    ]);
  });

  it("let go of what was authorized when they are canceled", async () => {
    const held = await pay("pm_card_visa", { capture_method: "manual" });
    const canceled = await sdk.paymentIntents.cancel(held.id, { expand: ["latest_charge"] });
    expect(canceled).toMatchObject({
      status: "canceled",
      amount_capturable: 0,
      latest_charge: { refunded: true, captured: false },
    });
    expect((await sdk.balanceTransactions.list()).data).toEqual([]);
  });

  it("refuse payment_method_types, and pay only by what is allowed and not excluded", async () => {
    const old = create({ payment_method_types: ["card"] } as Params);
    expect(await failureOf(old)).toMatchObject({ code: "payment_method_types_no_longer_supported" });
    const debit = await create({ currency: "eur", allowed_payment_method_types: ["sepa_debit"] });
    expect(debit.payment_method_types).toEqual(["sepa_debit"]);
    const byCard = sdk.paymentIntents.confirm(debit.id, { payment_method: "pm_card_visa" });
    expect(await failureOf(byCard)).toMatchObject({ param: "payment_method" });
    const cards = await create({ excluded_payment_method_types: ["us_bank_account"] });
    expect(cards.payment_method_types).toEqual(["card"]);
    const both = create({ excluded_payment_method_types: ["card"], allowed_payment_method_types: ["card"] });
    expect(await failureOf(both)).toMatchObject({ param: "allowed_payment_method_types" });
  });
});

describe("a payment that settles later", () => {
  it("is processing until the control plane lets the bank pay, and books then", async () => {
    const waiting = await pay("pm_usBankAccount_success", { expand: ["latest_charge"] });
    expect(waiting).toMatchObject({
      status: "processing",
      amount_received: 0,
      latest_charge: { status: "pending", paid: false, balance_transaction: null },
    });
    const settled = await simulator.simulate("POST", `payment_intents/${waiting.id}/settle`);
    expect(settled).toMatchObject({ status: 200, body: { status: "succeeded", amount_received: 2000 } });
    expect(await eventTypesOf(simulator)).toEqual([
      "payment_intent.created",
      "charge.pending",
      "payment_intent.processing",
      "charge.succeeded",
      "payment_intent.succeeded",
      "charge.updated",
    ]);
    expect(await simulator.simulate("POST", `payment_intents/${waiting.id}/settle`)).toMatchObject({ status: 400 });
  });

  it("ends by itself after days of the account's clock, well or not as its account says", async () => {
    const [good, bad] = [await pay("pm_usBankAccount_success"), await pay("pm_usBankAccount_insufficientFunds")];
    await simulator.simulate("POST", "clock/advance", { seconds: 4 * 24 * 3600 - 1 });
    expect((await sdk.paymentIntents.retrieve(good.id)).status).toBe("processing");
    await simulator.simulate("POST", "clock/advance", { seconds: 1 });
    expect((await sdk.paymentIntents.retrieve(good.id)).status).toBe("succeeded");
    expect(await sdk.paymentIntents.retrieve(bad.id, { expand: ["latest_charge"] })).toMatchObject({
      status: "requires_payment_method",
      last_payment_error: { decline_code: "insufficient_funds" },
      latest_charge: { status: "failed", failure_code: "insufficient_funds", amount_captured: 0 },
    });
    expect((await eventTypesOf(simulator)).slice(-2)).toEqual(["charge.failed", "payment_intent.payment_failed"]);
    const [event] = (await sdk.events.list({ type: "payment_intent.succeeded" })).data;
    expect(event?.created).toBe(good.created + 4 * 24 * 3600);
  });

  it("fails when the control plane says so, whatever its account, and can be paid by another method", async () => {
    const waiting = await pay("pm_usBankAccount_success");
    await simulator.simulate("POST", `payment_intents/${waiting.id}/settle`, { outcome: "fail" });
    expect(await sdk.paymentIntents.confirm(waiting.id, { payment_method: "pm_card_visa" })).toMatchObject({
      status: "succeeded",
    });
  });
});

describe("the moves of a payment intent", () => {
  const reach: Record<keyof typeof INTENT_MOVES, () => Promise<Stripe.PaymentIntent>> = {
    requires_payment_method: () => create(),
    requires_confirmation: () => create({ payment_method: "pm_card_visa" }),
    requires_action: () => pay("pm_card_authenticationRequired"),
    requires_capture: () => pay("pm_card_visa", { capture_method: "manual" }),
    processing: () => pay("pm_usBankAccount_success"),
    succeeded: () => pay("pm_card_visa"),
    canceled: async () => sdk.paymentIntents.cancel((await create()).id),
  };
  const calls: Record<keyof typeof INTENT_CALLS, (id: string) => Promise<unknown>> = {
    confirm: (id) => sdk.paymentIntents.confirm(id, { payment_method: "pm_card_visa" }),
    update: (id) => sdk.paymentIntents.update(id, { amount: 2100 }),
    cancel: (id) => sdk.paymentIntents.cancel(id),
    capture: (id) => sdk.paymentIntents.capture(id),
  };
  const names = Object.keys(calls) as (keyof typeof INTENT_CALLS)[];
  const cases = (Object.keys(INTENT_MOVES) as (keyof typeof INTENT_MOVES)[]).flatMap((status) =>
    names.map((call) => ({ status, call, legal: (INTENT_CALLS[call] as readonly string[]).includes(status) })),
  );

  const told: Record<string, string> = {
    "confirm succeeded": "already succeeded after being previously confirmed",
    "capture succeeded": "already been captured",
  };

  it.each(cases)("from $status by $call: allowed $legal", async ({ status, call, legal }) => {
    const intent = await reach[status]();
    expect(intent.status).toBe(status);
    if (legal) {
      await calls[call](intent.id);
      return;
    }
    expect(await failureOf(calls[call](intent.id))).toMatchObject({
      statusCode: 400,
      code: "payment_intent_unexpected_state",
      message: expect.stringContaining(told[`${call} ${status}`] ?? status),
    });
    expect((await sdk.paymentIntents.retrieve(intent.id)).status).toBe(status);
  });

  it("are a closed list: the simulator itself cannot make another", async () => {
    const intent = await create();
    const statuses = Object.keys(INTENT_MOVES) as (keyof typeof INTENT_MOVES)[];
    const put = jest.fn();
    const tx = { put } as unknown as Parameters<typeof moveIntent>[0];
    for (const from of statuses) {
      for (const to of statuses.filter((status) => status !== from && !INTENT_MOVES[from].includes(status))) {
        const move = () => moveIntent(tx, { ...intent, status: from }, { status: to });
        expect(move).toThrow(`The payment intent ${intent.id} cannot go from ${from} to ${to}`);
      }
    }
    expect(put).not.toHaveBeenCalled();
  });
});
