import { mkdirSync } from "node:fs";
import { join } from "node:path";
import Stripe from "stripe";
import { startAppServices } from "../app-services";
import { startMongodb } from "../mongodb";
import { startStripe, type StripeSimulator } from "../stripe";
import { openSharedClock, type SharedClock } from "./shared-clock";

/** What to run on one machine, and what it runs beside. */
export interface LocalOptions {
  /** Folder of the App Services tree. */
  readonly tree: string;
  readonly port: number;
  /** Folder for the files of the embedded parts, or `:memory:`. */
  readonly dataDir: string;
  /** null starts the embedded server. */
  readonly mongodbUri: string | null;
  /** null runs without Stripe; `simulator` starts one. */
  readonly stripe: SimulatedStripe | GivenStripe | null;
  readonly adminKey: string;
  /** Secrets of the tree beside those of Stripe. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Called when the database answers, before anything uses it. */
  readonly prepareDatabase: (mongodbUri: string) => Promise<void>;
  readonly log: (line: string) => void;
  /** Lets runtime and simulator share a clock that stands still until it is moved; default: time passes by itself. */
  readonly testClock?: { readonly startAt?: Date };
}

interface SimulatedStripe {
  readonly kind: "simulator";
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** The API version of the webhook endpoint. */
  readonly apiVersion: string;
  /** Route of the webhook below the app's endpoints. */
  readonly webhookRoute: string;
}

interface GivenStripe {
  readonly kind: "given";
  readonly url: string;
  readonly secretKey: string;
  readonly webhookSecret: string;
}

/** What runs, and how to end it. */
export interface Local {
  readonly baseUrl: string;
  readonly appId: string;
  readonly mongodbUri: string;
  readonly stripe: { readonly url: string; readonly secretKey: string; readonly webhookSecret: string } | null;
  /** Stops everything in reverse order; calling it again waits for the same end. */
  close(): Promise<void>;
}

/**
 * Starts database, Stripe simulator and runtime in this order, and closes what runs when a later part fails.
 * Throws: an Error, beside what the parts throw, for a test clock next to a Stripe that keeps its own time.
 */
export async function startLocal(options: LocalOptions): Promise<Local> {
  if (options.testClock !== undefined && options.stripe?.kind === "given") {
    throw new Error("A test clock moves the built-in Stripe simulator only, expected no Stripe that runs elsewhere");
  }
  const closers: (() => Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closers.reduceRight((before, next) => before.then(next), Promise.resolve());
    return closing;
  };
  try {
    return await startParts(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function startParts(
  options: LocalOptions,
  closers: (() => Promise<void>)[],
  close: () => Promise<void>,
): Promise<Local> {
  const mongodbUri = options.mongodbUri ?? (await startEmbedded(options, closers));
  await options.prepareDatabase(mongodbUri);

  const clock = options.testClock && (await openSharedClock({ tree: options.tree, mongodbUri }, options.testClock));
  const simulator =
    options.stripe?.kind === "simulator" ? await startSimulator(options, options.stripe, { closers, clock }) : null;
  const runtime = await startAppServices({
    tree: options.tree,
    mongodbUri,
    port: options.port,
    secrets: { ...options.secrets, ...stripeSecrets(options.stripe, simulator) },
    serverApiKeys: [{ name: "operator", key: options.adminKey }],
    log: options.log,
    ...(clock === undefined ? {} : { testClock: { startAt: clock.startAt, follower: clock.follow(simulator) } }),
  });
  closers.push(() => runtime.close());

  if (simulator !== null && options.stripe?.kind === "simulator") {
    const { apiVersion, webhookRoute } = options.stripe;
    await registerWebhook({
      simulator,
      apiVersion,
      url: `${runtime.baseUrl}/app/${runtime.appId}/endpoint${webhookRoute}`,
    });
  }
  const stripe = simulator && addressOf(simulator);
  return { baseUrl: runtime.baseUrl, appId: runtime.appId, mongodbUri, stripe, close };
}

/** The folder of one embedded part. */
function folderOf(dataDir: string, part: string): string {
  if (dataDir === ":memory:") return dataDir;
  const folder = join(dataDir, part);
  mkdirSync(folder, { recursive: true });
  return folder;
}

async function startEmbedded(options: LocalOptions, closers: (() => Promise<void>)[]): Promise<string> {
  const server = await startMongodb({ dataDir: folderOf(options.dataDir, "mongodb") });
  closers.push(() => server.close());
  return server.uri;
}

async function startSimulator(
  options: LocalOptions,
  { secretKey, webhookSecret }: SimulatedStripe,
  { closers, clock }: { readonly closers: (() => Promise<void>)[]; readonly clock: SharedClock | undefined },
): Promise<StripeSimulator> {
  const simulator = await startStripe({
    dataDir: folderOf(options.dataDir, "stripe"),
    secretKey,
    webhookSecret,
    ...(clock === undefined ? {} : { clock }),
  });
  closers.push(() => simulator.close());
  return simulator;
}

/** What callers may know of the simulator. */
function addressOf({ url, secretKey, webhookSecret }: StripeSimulator): NonNullable<Local["stripe"]> {
  return { url, secretKey, webhookSecret };
}

function stripeSecrets(stripe: LocalOptions["stripe"], simulator: Local["stripe"]): Readonly<Record<string, string>> {
  if (stripe === null) return {};
  const stripeUrl = stripe.kind === "given" ? stripe.url : (simulator?.url ?? "");
  return { stripeUrl, stripeSecretKey: stripe.secretKey, stripeWebhookSecret: stripe.webhookSecret };
}

/** Tells the simulator where the runtime listens: the port may be another one than at the last start. */
async function registerWebhook(endpoint: {
  readonly simulator: NonNullable<Local["stripe"]>;
  readonly apiVersion: string;
  readonly url: string;
}): Promise<void> {
  const address = new URL(endpoint.simulator.url);
  const stripe = new Stripe(endpoint.simulator.secretKey, {
    host: address.hostname,
    port: address.port,
    protocol: "http",
  });
  const { data } = await stripe.webhookEndpoints.list({ limit: 1 });
  const known = data[0];
  if (known !== undefined) await stripe.webhookEndpoints.update(known.id, { url: endpoint.url });
  else {
    await stripe.webhookEndpoints.create({
      url: endpoint.url,
      enabled_events: ["*"],
      api_version: endpoint.apiVersion as Stripe.WebhookEndpointCreateParams.ApiVersion,
    });
  }
}
