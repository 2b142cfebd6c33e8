import { randomInt } from "node:crypto";
import { mkdirSync } from "node:fs";
import type { AccountTime } from "./control/clock-route";
import { serveControl } from "./control/control-plane";
import { moveClock } from "./control/move-clock";
import {
  realClock,
  realDeliveries,
  standingClock,
  standingDeliveries,
  type AccountClock,
  type Clock,
  type DeliveryClock,
} from "./core/clock";
import { holdFolder } from "./core/hold-folder";
import { memoryJournal, openJournal } from "./core/journal";
import { recordEvents } from "./core/record-events";
import { seededText } from "./core/seeded";
import { openStore, type Store } from "./core/store";
import { openTestClock } from "./core/test-clock";
import { createDeliverer } from "./hooks/deliverer";
import { serveApi } from "./http/api-plane";
import { pruneAnswers } from "./http/idempotency";
import { createServer } from "./http/server";
import { followIntents } from "./objects/collect-invoice";
import { JOB_PROVIDERS } from "./objects/due-jobs";
import { ENDPOINTS } from "./objects/endpoints";
import { keepTime } from "./objects/run-due-jobs";
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
  assertSound(options);
  const { store, release } = await openState(dataDir, options.seed ?? randomInt(2 ** 47));
  const secretKey = options.secretKey ?? `sk_test_${seededText(store.seed, "secret key", 24)}`;
  const webhookSecret = options.webhookSecret ?? `whsec_${seededText(store.seed, "webhook secret", 32)}`;
  const { clock, time, deliveryClock } = timeOf(options, store);

  recordEvents(store, clock, deliveryClock);
  const recorded = store.onChange;
  store.onChange = (tx, change) => {
    recorded(tx, change);
    followIntents(tx, change, clock.nowSeconds());
  };
  const signingClock = options.clock ?? realClock;
  const deliverer = createDeliverer({ store, webhookSecret, signingClock, deliveryClock, log });
  const keeper = keepTime({ store, clock, providers: JOB_PROVIDERS, committed: () => deliverer.wake(), log });
  const runDue = async (): Promise<void> => {
    keeper.runDue();
    pruneAnswers(store, clock.nowSeconds());
    await store.settled();
  };
  await runDue();
  const committed = (): void => {
    deliverer.wake();
    keeper.wake();
  };
  const server = createServer(log);
  let url = "";
  const baseUrl = (): string => url;
  serveApi(server, { store, clock, endpoints: ENDPOINTS, secretKey, webhookSecret, baseUrl, log, committed });
  const moveTo = async (seconds: number): Promise<void> => {
    if (time.kind === "own") await moveClock({ ...keeper, clock: time.clock, deliverer, runDue }, seconds);
  };
  serveControl(server, { store, clock, deliverer, deliveryClock, webhookSecret, time, moveTo });
  servePages(server, { store, clock, committed });
  const end = async (): Promise<void> => {
    keeper.stop();
    await server.close();
    await deliverer.close();
    await store.close();
    await release();
  };
  try {
    url = await listen(server, { host, port: options.port ?? 0, store });
  } catch (error) {
    await end();
    throw error;
  }
  deliverer.wake();

  let closing: Promise<void> | undefined;
  const catchUp = async (): Promise<void> => {
    await runDue();
    deliverer.wake();
    await deliverer.whenTried(CATCH_UP_LIMIT_MS);
  };
  return { url, secretKey, webhookSecret, catchUp, close: () => (closing ??= end()) };
}

function assertSound(options: StripeOptions): void {
  if (options.secretKey !== undefined && !/^(sk|rk)_test_\w+$/.test(options.secretKey)) {
    throw new Error("The Stripe simulator takes test keys only: expected sk_test_… or rk_test_…");
  }
  if (options.clock !== undefined && options.testClock === true) {
    throw new Error("The Stripe simulator has one clock: expected clock or testClock, got both");
  }
}

/** The clock of the account, and how it can be moved. */
function timeOf(
  options: Pick<StripeOptions, "clock" | "testClock">,
  store: Store,
): { readonly clock: AccountClock; readonly time: AccountTime; readonly deliveryClock: DeliveryClock } {
  const deliveryClock = realDeliveries;
  if (options.clock !== undefined) {
    return { clock: standingClock(options.clock), time: { kind: "shared" }, deliveryClock };
  }
  if (options.testClock !== true) return { clock: realClock, time: { kind: "real" }, deliveryClock };
  const own = openTestClock(store);
  const time: AccountTime = { kind: "own", clock: own };
  return { clock: standingClock(own), time, deliveryClock: standingDeliveries(own) };
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
