import type Stripe from "stripe";
import { effectsOf } from "../../../functions-src/lib/domain/stripe-effects";
import type { Simulator } from "../simulator";
import type { Turn } from "./stories";

const BANK_ACCOUNT = "000123456789";
const EVENTS_PER_PAGE = 100;

/** A story of one checkout session that goes on turn by turn. */
export interface StoryPlayer {
  play(turn: Turn): Promise<void>;
  /** The events so far that the product acts on, oldest first. */
  events(): Promise<readonly Stripe.Event[]>;
}

/** Begins a story at the simulator. */
export async function beginStory(simulator: Simulator, sessionId: string): Promise<StoryPlayer> {
  const { sdk, simulate } = simulator;
  const { data } = await sdk.events.list({ limit: 1 });
  const after = data[0]?.id ?? null;
  let disputeId = "";
  const intent = async (): Promise<string> => String((await sdk.checkout.sessions.retrieve(sessionId)).payment_intent);
  return {
    play: async (turn) => {
      switch (turn.kind) {
        case "pay":
          await simulate(`checkout/${sessionId}/pay`, turn.by === "bank" ? { card: BANK_ACCOUNT } : {});
          return;
        case "settle":
          await simulate(`payment_intents/${await intent()}/settle`, { outcome: turn.outcome });
          return;
        case "refund":
          await sdk.refunds.create({ payment_intent: await intent(), amount: turn.amountMinor });
          return;
        case "dispute": {
          const { latest_charge: charge } = await sdk.paymentIntents.retrieve(await intent());
          const asked = { charge: String(charge), amount: turn.amountMinor, reason: "fraudulent" };
          const dispute = await simulate("dispute", asked);
          disputeId = String(dispute["id"]);
          return;
        }
        case "decide":
          await simulate(`dispute/${disputeId}/close`, { outcome: turn.outcome });
      }
    },
    events: async () => listEvents(simulator, { sessionId, intent: await intent(), after }),
  };
}

/** Other stories are played meanwhile, so events are told apart by the payment that they are about. */
async function listEvents(
  { sdk }: Simulator,
  { sessionId, intent, after }: { readonly sessionId: string; readonly intent: string; readonly after: string | null },
): Promise<readonly Stripe.Event[]> {
  const found: Stripe.Event[] = [];
  for await (const event of sdk.events.list({ limit: EVENTS_PER_PAGE })) {
    if (event.id === after) break;
    const object = event.data.object as { readonly id: string; readonly payment_intent?: unknown };
    const isOurs = object.id === sessionId || object.id === intent || object.payment_intent === intent;
    if (isOurs && effectsOf({ type: event.type, objectId: object.id }).length > 0) found.unshift(event);
  }
  return found;
}
