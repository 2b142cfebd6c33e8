import { balanceOf, entriesOf, messageStates, newBuyer } from "./buy-pack";
import { signInOperator } from "./stage";
import { type Subject, callTogether, differences } from "./wish";

const REFUND_MINOR = 400;
const KIND = "stripe_refund";

/** A refund of 4 of 10, asked for by an operator: 40 of 100 tokens have to go with it, once. */
export const refundSubject: Subject = {
  name: "refund",
  work: { method: "POST", path: "/v1/refunds" },
  callers: 1,
  between: null,
  outboxKind: KIND,
  prepare: async (stage) => {
    const buyer = await newBuyer(stage);
    const { accountId, sessionId, paymentIntentId } = buyer;
    const refund = { key: sessionId, paymentId: `pack:${sessionId}`, amountMinor: REFUND_MINOR, reason: "once" };
    return {
      accountId,
      ask: (doors) =>
        callTogether(
          doors.map((door) => signInOperator(stage, door)),
          (operator) => operator.callFunction("admin/refund", refund),
        ),
      count: async () => {
        const { data } = await stage.simulator().sdk.refunds.list({ payment_intent: paymentIntentId, limit: 100 });
        const amounts = data.map(({ amount, status }) => `${status} ${amount}`);
        const taken = await entriesOf(stage, buyer, "clawback");
        const states = await messageStates(stage, accountId, KIND);
        return {
          atStripe: data.length,
          inBooks: taken.length,
          isEnded: states.every((state) => state === "sent"),
          wrong: differences({
            refunds: [amounts, [`succeeded ${REFUND_MINOR}`]],
            taken: [taken.map(({ amount }) => amount), [-40]],
            tokens: [await balanceOf(stage, buyer), 63],
            messages: [states, ["sent"]],
          }),
        };
      },
    };
  },
};
