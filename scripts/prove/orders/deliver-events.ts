import Stripe from "stripe";
import type { Collection } from "mongodb";

/** Where events go, how they are signed, and where it shows what became of them. */
export interface Receiver {
  readonly url: string;
  readonly secret: string;
  readonly inbox: Collection<InboxRow>;
  readonly nowSeconds: () => number;
  /** Moves time so far that events which failed are due again. Throws: an Error with them when that happened too often. */
  readonly wait: (failed: readonly InboxRow[]) => Promise<void>;
}

/** What the proof reads of a stored event. */
export interface InboxRow {
  readonly _id: string;
  readonly state: string;
  readonly failure: string | null;
}

/**
 * How events come. `one by one`: after the story, each after the answer to the one before. `at once`: after the story, all together.
 * `meanwhile`: one by one, some of them while the story goes on, so that the product acts on what is not the end yet.
 */
export type Pace = (typeof PACES)[number];
export const PACES = ["one by one", "at once", "meanwhile"] as const;

const MOST_LOOKS = 3_000;
const LOOK_MS = 10;

/** Delivers events in their order, and waits until those that were taken are processed. Returns: the answers' statuses. */
export async function deliverEvents(
  receiver: Receiver,
  events: readonly Stripe.Event[],
  pace: Pace,
): Promise<readonly number[]> {
  const answers: number[] = [];
  if (pace === "at once") answers.push(...(await Promise.all(events.map((event) => post(receiver, event)))));
  else for (const event of events) answers.push(await post(receiver, event));
  await settleEvents(receiver, new Set(events.filter((_, index) => answers[index] === 200).map(({ id }) => id)));
  return answers;
}

async function post({ url, secret, nowSeconds }: Receiver, event: Stripe.Event): Promise<number> {
  const payload = JSON.stringify(event);
  const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: nowSeconds() });
  const headers = { "stripe-signature": signature, "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: payload });
  await response.arrayBuffer();
  return response.status;
}

/** Throws: an Error with what was last seen when events are not processed in good time. */
async function settleEvents({ inbox, wait }: Receiver, ids: ReadonlySet<string>): Promise<void> {
  let open: readonly InboxRow[] = [];
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    const rows = await inbox.find({ _id: { $in: [...ids] } }).toArray();
    open = rows.filter(({ state }) => state !== "done");
    if (rows.length === ids.size && open.length === 0) return;
    const isWaiting = open.length > 0 && open.every(({ failure }) => failure !== null);
    if (isWaiting) await wait(open);
    else await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(`Events were not processed: ${JSON.stringify(open)}`);
}
