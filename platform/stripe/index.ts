import { randomInt } from "node:crypto";
import { mkdirSync } from "node:fs";
import { serveControl } from "./control/control-plane";
import type { AccountTime } from "./control/clock-route";
import { realClock, standingClock, type AccountClock, type Clock } from "./core/clock";
import { holdFolder } from "./core/hold-folder";
import { memoryJournal, openJournal } from "./core/journal";
import { runOnTime } from "./core/due-work";
import { recordEvents } from "./core/record-events";
import { seededText } from "./core/seeded";
import { openStore, type Store } from "./core/store";
import { openTestClock } from "./core/test-clock";
import { createDeliverer } from "./hooks/deliverer";
import { serveApi } from "./http/api-plane";
import { pruneAnswers } from "./http/idempotency";
import { createServer } from "./http/server";
import { DUE_SOURCES } from "./objects/due-sources";
import { ENDPOINTS } from "./objects/endpoints";
import { servePages } from "./pages/serve-pages";

/** Longer than this nobody waits for receivers that do not answer. */
const CATCH_UP_LIMIT_MS = 5_000;

/** How to run the simulator. */
export interface StripeOptions {
  /** 0 takes the port of the last start with this folder when it is free, else any free one, so that addresses stay valid. */
  readonly port?: number;
  readonly host?: string;
  /** Folder of the state, or `:memory:` to keep none. */
  readonly dataDir: string;
  /** The key that calls must carry; the default follows from the seed. */
  readonly secretKey?: string;
  /** Secret of the first webhook endpoint that is created; the default follows from the seed. */
  readonly webhookSecret?: string;
  /** All ids follow from it. A folder keeps the seed of its first start; the default is drawn at random. */
  readonly seed?: number;
  /** A clock that somebody else moves; whoever does calls `catchUp` then. Signatures are dated by it too, so receivers must share it. */
  readonly clock?: Clock;
  /** true: the account has a clock of its own that stands still until `/_sim/clock/advance` moves it. Signatures stay on real time. */
  readonly testClock?: boolean;
  readonly log?: (line: string) => void;
}

/** A simulator that runs. */
export interface StripeSimulator {
  readonly url: string;
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Does what fell due by the clock, and waits until each due delivery was sent once, at most 5 s. */
  catchUp(): Promise<void>;
  /** Stops deliveries and the server, and keeps what is pending for the next start. */
  close(): Promise<void>;
}

/**
 * Starts the Stripe simulator for the unchanged `stripe` SDK.
 * Throws: an Error when the key is no test key, the port is taken, another process holds the folder or its journal is damaged.
 */
export async function startStripe(options: StripeOptions): Promise<StripeSimulator> {
  const { dataDir, host = "127.0.0.1", log = () => undefined } = options;
  if (options.secretKey !== undefined && !/^(sk|rk)_test_\w+$/.test(options.secretKey)) {
    throw new Error("The Stripe simulator takes test keys only: expected sk_test_… or rk_test_…");
  }
  if (options.clock !== undefined && options.testClock === true) {
    throw new Error("The Stripe simulator has one clock: expected clock or testClock, got both");
  }
  const { store, release } = await openState(dataDir, options.seed ?? randomInt(2 ** 47));
  const secretKey = options.secretKey ?? `sk_test_${seededText(store.seed, "secret key", 24)}`;
  const webhookSecret = options.webhookSecret ?? `whsec_${seededText(store.seed, "webhook secret", 32)}`;
  const { clock, time } = timeOf(options, store);

  recordEvents(store, clock);
  pruneAnswers(store, clock.nowSeconds());
  const deliverer = createDeliverer({ store, webhookSecret, signingClock: options.clock ?? realClock, log });
  const committed = (): void => deliverer.wake();
  const server = createServer(log);
  let url = "";
  serveApi(server, {
    store,
    clock,
    endpoints: ENDPOINTS,
    secretKey,
    webhookSecret,
    baseUrl: () => url,
    log,
    committed,
  });
  const dueWork = runOnTime({ store, clock, sources: DUE_SOURCES, committed, log });
  const runDue = async (): Promise<void> => {
    dueWork.runDue();
    await store.settled();
  };
  serveControl(server, { store, clock, deliverer, time, runDue });
  servePages(server, { store, clock, committed });
  try {
    url = await listen(server, { host, port: options.port ?? 0, store });
  } catch (error) {
    dueWork.stop();
    await server.close();
    await store.close();
    await release();
    throw error;
  }
  deliverer.wake();

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    dueWork.stop();
    await server.close();
    await deliverer.close();
    await store.close();
    await release();
  };
  const catchUp = async (): Promise<void> => {
    await runDue();
    deliverer.wake();
    await deliverer.whenTried(CATCH_UP_LIMIT_MS);
  };
  return { url, secretKey, webhookSecret, catchUp, close: () => (closing ??= close()) };
}

/** The clock of the account, and how it can be moved. */
function timeOf(
  options: Pick<StripeOptions, "clock" | "testClock">,
  store: Store,
): { readonly clock: AccountClock; readonly time: AccountTime } {
  if (options.clock !== undefined) return { clock: standingClock(options.clock), time: { kind: "shared" } };
  if (options.testClock !== true) return { clock: realClock, time: { kind: "real" } };
  const own = openTestClock(store);
  return { clock: standingClock(own), time: { kind: "own", clock: own } };
}

/** Opens the state of a folder, which is held until it is released. */
async function openState(
  dataDir: string,
  seed: number,
): Promise<{ readonly store: Store; readonly release: () => Promise<void> }> {
  if (dataDir === ":memory:") return { store: openStore(memoryJournal, seed), release: () => Promise.resolve() };
  mkdirSync(dataDir, { recursive: true });
  const release = await holdFolder(dataDir);
  try {
    return { store: openStore(openJournal(dataDir), seed), release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function listen(
  server: ReturnType<typeof createServer>,
  { host, port, store }: { readonly host: string; readonly port: number; readonly store: Store },
): Promise<string> {
  const last = port === 0 ? ((store.get("setting", "port")?.value as number | undefined) ?? 0) : port;
  let url: string;
  try {
    url = await server.listen({ host, port: last });
  } catch (error) {
    if (port !== 0 || last === 0) throw error;
    url = await server.listen({ host, port: 0 });
  }
  store.atomically(null, (tx) => tx.putQuietly("setting", { id: "port", value: Number(new URL(url).port) }));
  return url;
}
