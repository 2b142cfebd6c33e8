import { balanceOf, entriesOf, messageStates, newBuyer } from "./buy-pack";
import { signIn } from "./stage";
import { type Subject, callTogether, differences } from "./wish";

const KIND = "top_up";
const TERMS = {
  enabled: true,
  threshold: 80,
  pack: "pack-100",
  capPerDay: { count: 5, amountMinor: 5000 },
  capPerMonth: { count: 5, amountMinor: 5000 },
};

/** An automatic top-up: 60 of 103 tokens are spent, which leaves fewer than 80; one charge has to bring 100. */
export const topUpSubject: Subject = {
  name: "top-up",
  work: { method: "POST", path: "/v1/payment_intents" },
  callers: 1,
  between: { method: "GET", path: "/v1/payment_intents/*" },
  outboxKind: KIND,
  prepare: async (stage) => {
    const buyer = await newBuyer(stage);
    const { accountId, customerId, email } = buyer;
    const [first] = stage.doors();
    const signedIn = signIn(first, email);
    const failures = await callTogether([signedIn], (user) => user.callFunction("wallet/autoTopUp", TERMS));
    if (failures.length > 0) throw new Error(`The automatic top-up was not switched on: ${failures.join()}`);
    return {
      accountId,
      ask: (doors) =>
        callTogether(
          doors.map((door) => signIn(door, email)),
          (user, index) =>
            user.callFunction("wallet/consume", { accountId, key: `use-${index}`, amount: 60 / doors.length }),
        ),
      meanwhile: async () => {
        const { sdk } = stage.simulator();
        const { id } = await sdk.paymentMethods.attach("pm_card_visa", { customer: customerId });
        await sdk.customers.update(customerId, { invoice_settings: { default_payment_method: id } });
      },
      count: async () => {
        const { sdk } = stage.simulator();
        const intents = await sdk.paymentIntents.list({ customer: customerId, limit: 100 });
        const ours = intents.data.filter(({ metadata }) => metadata["topUpId"] !== undefined);
        const charges = await sdk.charges.list({ customer: customerId, limit: 100 });
        const ids = new Set(ours.map(({ id }) => id));
        const charged = charges.data.filter(({ payment_intent: intent }) => ids.has(String(intent)));
        const granted = (await entriesOf(stage, buyer, "grant")).filter(({ cause }) => cause.id.startsWith("topup:"));
        const states = await messageStates(stage, accountId, KIND);
        return {
          atStripe: ours.length,
          inBooks: granted.length,
          isEnded: states.every((state) => state === "sent"),
          wrong: differences({
            charges: [charged.map(({ amount, status }) => `${status} ${amount}`), ["succeeded 1000"]],
            granted: [granted.map(({ amount }) => amount), [100]],
            tokens: [await balanceOf(stage, buyer), 143],
            messages: [states, ["sent"]],
          }),
        };
      },
    };
  },
};
