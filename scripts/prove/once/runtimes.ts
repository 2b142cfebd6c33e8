import { join } from "node:path";
import { API_VERSION } from "../../../functions-src/lib/adapters/stripe/gateway";
import { startMongodbProcess } from "../mongodb-process";
import { startPartProcess } from "../part-process";
import { type ProductProcess, startProductProcess } from "../product-process";
import { ADMIN_KEY, prepareSchema, runtimeVariables } from "../races";
import { connectSimulator } from "../simulator";
import { type Door, type Stage, withDatabase } from "./stage";

const RUNTIMES = 2;
const SIMULATOR = join(__dirname, "../../../platform/stripe/main.ts");

interface SimulatorLine {
  readonly stripeUrl: string;
  readonly secretKey: string;
  readonly webhookSecret: string;
}

/** Two runtimes in processes of their own, on one database and one simulator, in real time. The elder holds all triggers. */
export interface Runtimes extends Stage {
  readonly elder: () => Door;
  /** The runtime that is never killed nor frozen while it is the younger; Stripe's events go there. */
  readonly younger: () => Door;
  killElder(): Promise<void>;
  /** Stops the elder in the middle of whatever it does, as a virtual machine is; answers what lets it go on. */
  freezeElder(): () => void;
  /** Starts a runtime for one that was killed. The one that is left must have taken over by then: it is the elder. */
  refill(): Promise<void>;
  /** Ends the turn of every message that somebody took, as a minute would. */
  endTurns(): Promise<void>;
  end(): Promise<void>;
}

/** Starts database, simulator and two runtimes. */
export async function startRuntimes(): Promise<Runtimes> {
  const database = await startMongodbProcess(":memory:");
  const closers = [() => database.kill()];
  const close = async (): Promise<void> => {
    for (const end of closers.reverse()) await end();
  };
  try {
    await prepareSchema(database.uri);
    const stripe = await startPartProcess<SimulatorLine>(SIMULATOR, []);
    closers.push(() => stripe.kill());
    const running: ProductProcess[] = [];
    closers.push(async () => {
      for (const runtime of running) await runtime.kill();
    });
    const runtimes = createRuntimes({ mongodbUri: database.uri, simulator: stripe.ready, running, close });
    await runtimes.refill();
    return runtimes;
  } catch (error) {
    await close();
    throw error;
  }
}

function createRuntimes(parts: {
  readonly mongodbUri: string;
  readonly simulator: SimulatorLine;
  readonly running: ProductProcess[];
  readonly close: () => Promise<void>;
}): Runtimes {
  const { mongodbUri, running } = parts;
  const { stripeUrl, secretKey, webhookSecret } = parts.simulator;
  const simulator = connectSimulator({ stripe: { url: stripeUrl, secretKey, webhookSecret } });
  const variables = {
    ...runtimeVariables(mongodbUri),
    STRIPE_URL: stripeUrl,
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
  };
  const elder = (): ProductProcess => at(running, 0);
  const younger = (): ProductProcess => at(running, running.length - 1);
  const stage: Stage = {
    doors: () => [elder(), ...running.slice(1)],
    simulator: () => simulator,
    mongodbUri: () => mongodbUri,
    adminKey: () => ADMIN_KEY,
  };
  return {
    ...stage,
    elder,
    younger,
    killElder: async () => {
      const killed = elder();
      running.shift();
      await killed.kill();
    },
    freezeElder: () => elder().freeze(),
    refill: async () => {
      while (running.length < RUNTIMES) running.push(await startProductProcess(variables));
      await sendEventsTo(stage, younger());
    },
    endTurns: () =>
      withDatabase(stage, async (db) => {
        const due = { $set: { nextAttemptAt: new Date(0) } };
        await db.collection("outbox").updateMany({ state: "pending" }, due);
      }),
    end: parts.close,
  };
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`Expected a runtime at ${index}, found none`);
  return item;
}

/** Tells Stripe where its events go: a runtime beside a Stripe of its own does not register itself. */
async function sendEventsTo(stage: Stage, door: Door): Promise<void> {
  const { sdk } = stage.simulator();
  const url = `${door.baseUrl}/app/${door.appId}/endpoint/stripe/webhook`;
  const { data } = await sdk.webhookEndpoints.list({ limit: 1 });
  const [known] = data;
  if (known !== undefined) await sdk.webhookEndpoints.update(known.id, { url });
  else await sdk.webhookEndpoints.create({ url, enabled_events: ["*"], api_version: API_VERSION });
}
