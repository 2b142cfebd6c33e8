import type { FastifyInstance } from "fastify";
import { BSON, ObjectId } from "mongodb";
import { AppServicesError } from "./app-services-error";
import { createAccounts } from "./auth/accounts";
import { createAuthEvents } from "./auth/auth-events";
import { SYSTEM_CALLER, toCaller } from "./auth/caller";
import { createCustomDataReader } from "./auth/custom-data";
import { createPasswords } from "./auth/passwords";
import { applyServerKeys } from "./auth/server-keys";
import { createSessions } from "./auth/sessions";
import { createTokens } from "./auth/tokens";
import { createClock, type Clock, type SettableClock } from "./clock";
import { CallError } from "./functions/call-error";
import { createFunctionRunner, type FunctionRunner } from "./functions/function-runner";
import { startWorkerPool } from "./functions/worker-pool";
import { workerSetup } from "./functions/worker-setup";
import type { WorkerSlotDeps } from "./functions/worker-slot";
import { createLog, type Log } from "./log";
import { createMetrics, type Metrics } from "./metrics";
import type { AppServices, AppServicesOptions, ServerApiKey } from "./options";
import { createServer } from "./server";
import { openStore, type UserDoc } from "./store/store";
import { loadSettings } from "./store/settings";
import { startTestClock } from "./test-clock/start-test-clock";
import type { AppTree, AuthenticationTrigger } from "./tree/app-tree";
import { loadTree } from "./tree/load-tree";
import { startTriggers } from "./triggers/start-triggers";

const CLOSE_GRACE_MS = 8_000;
const IDLE_SWEEP_MS = 25;

/** Closes what was opened, last first, within one grace shared by all. */
class Closers {
  private readonly closers: ((graceMs: number) => Promise<unknown>)[] = [];
  private closing: Promise<void> | null = null;

  add(close: (graceMs: number) => Promise<unknown>): void {
    this.closers.push(close);
  }

  close(): Promise<void> {
    this.closing ??= this.closeAll();
    return this.closing;
  }

  private async closeAll(): Promise<void> {
    const deadline = Date.now() + CLOSE_GRACE_MS;
    for (const close of this.closers.toReversed()) await close(Math.max(0, deadline - Date.now()));
  }
}

/** Builds the runtime. What was started is closed again when a later part fails. */
export async function compose(options: AppServicesOptions): Promise<AppServices> {
  const tree = loadTree({
    dir: options.tree,
    secrets: options.secrets,
    ...(options.appId === undefined ? {} : { appId: options.appId }),
  });
  const secrets = [...Object.values(options.secrets), ...(options.serverApiKeys ?? []).map(({ key }) => key)];
  const clock = createClock();
  const log = createLog({ clock, secrets, sink: options.log ?? (() => {}) });
  const closers = new Closers();
  try {
    const baseUrl = await composeParts({ options, tree, log, clock, closers });
    const { size: functions } = tree.functions;
    log.write("info", "runtime.ready", { baseUrl, appId: tree.appId, functions, triggers: tree.triggers.length });
    return { baseUrl, appId: tree.appId, close: () => closers.close() };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

interface ComposeInput {
  readonly options: AppServicesOptions;
  readonly tree: AppTree;
  readonly log: Log;
  readonly clock: SettableClock;
  readonly closers: Closers;
}

/** Builds the parts top to bottom, one line a part, and answers the address. */
async function composeParts({ options, tree, log, clock, closers }: ComposeInput): Promise<string> {
  const { appId } = tree;
  const metrics = createMetrics();
  const store = await openStore(options.mongodbUri);
  closers.add(() => store.close());
  const settings = await loadSettings(store, appId, clock);
  const { testClock, slots } = await startTestClock({ options: options.testClock, tree, store, settings, clock, log });
  const customData = createCustomDataReader(store.client, tree.customUserData);
  const tokens = await createTokens({ appId, settings, clock });
  const sessions = createSessions({ store, appId, tokens, clock, customData });
  const keys = serverKeysOf(options, tree);
  const serverKeys = await applyServerKeys({ store, appId, clock, signingKey: settings.signingKey, keys });
  const events = createAuthEvents({ store, appId, clock, triggers: tree.triggers.filter(isAuthenticationTrigger) });
  const pool = await startWorkerPool({ ...poolOptions(options, tree, clock), ...poolReports(log, metrics) });
  closers.add((graceMs) => pool.close(graceMs));
  const runner = createFunctionRunner({ pool, log, metrics });
  const passwords = createPasswords();
  const onUserCreation = userCreationCall(tree, runner);
  const accounts = createAccounts({ store, appId, clock, passwords, serverKeys, events, onUserCreation });
  let baseUrl = "";
  const publicOrigin = (): string => options.publicUrl?.replace(/\/+$/, "") ?? baseUrl;
  const { domainId } = settings;
  const http = { tree, domainId, accounts, sessions, runner, log, metrics, publicOrigin, testClock };
  const server = await createServer(http);
  const { mongodbUri, triggerLeaseMs: leaseMs = 30_000 } = options;
  const triggerDeps = { tree, store, clock, runner, events, log, metrics, mongodbUri, leaseMs, slots };
  const triggers = await startTriggers(triggerDeps);
  closers.add((graceMs) => triggers.close(graceMs));
  closers.add((graceMs) => closeServer(server, graceMs));
  if (testClock !== null) closers.add((graceMs) => testClock.close(graceMs));
  baseUrl = await server.listen({ host: options.host ?? "127.0.0.1", port: options.port });
  return baseUrl;
}

function serverKeysOf(options: AppServicesOptions, tree: AppTree): readonly ServerApiKey[] {
  const keys = options.serverApiKeys ?? [];
  if (keys.length > 0 && tree.authProviders.get("api-key")?.disabled !== false) {
    throw new Error("Server API keys are given, but auth/providers.json has no enabled provider api-key");
  }
  return keys;
}

function poolOptions(options: AppServicesOptions, tree: AppTree, clock: Clock) {
  return {
    setup: workerSetup({ tree, mongodbUri: options.mongodbUri, clock }),
    workers: options.workers ?? 2,
    limits: {
      timeLimitMs: options.functionTimeLimitMs ?? 300_000,
      memoryLimitMb: options.functionMemoryLimitMb ?? 350,
    },
  };
}

function poolReports(log: Log, metrics: Metrics): Pick<WorkerSlotDeps, "onConsole" | "onReplaced"> {
  return {
    onConsole: ({ level, functionName, requestId, text }) =>
      log.write(level, "function.console", { function: functionName, requestId, text }),
    onReplaced(reason) {
      metrics.count("app_services_worker_restarts_total", { reason: reason === "exit" ? "exit" : "error" });
      log.write("error", "worker.replaced", { reason });
    },
  };
}

/** Waits for running requests, and cuts off what is still open after the grace. */
async function closeServer(server: FastifyInstance, graceMs: number): Promise<void> {
  const force = setTimeout(() => server.server.closeAllConnections(), graceMs);
  // A connection that becomes idle after its last answer would otherwise be waited for until its client lets go.
  const sweep = setInterval(() => server.server.closeIdleConnections(), IDLE_SWEEP_MS);
  try {
    await server.close();
  } finally {
    clearTimeout(force);
    clearInterval(sweep);
  }
}

function isAuthenticationTrigger(trigger: AppTree["triggers"][number]): trigger is AuthenticationTrigger {
  return trigger.kind === "authentication";
}

function userCreationCall(tree: AppTree, runner: FunctionRunner): ((user: UserDoc) => Promise<void>) | null {
  const functionName = tree.customUserData?.onUserCreation ?? null;
  if (functionName === null) return null;
  return async (user) => {
    try {
      const call = {
        functionName,
        requestId: new ObjectId().toHexString(),
        caller: SYSTEM_CALLER,
        request: {},
        asSystem: true,
      };
      await runner.callFunction(call, BSON.EJSON.stringify([toCaller(user, {})], { relaxed: false }));
    } catch (error) {
      if (error instanceof CallError)
        throw new AppServicesError(400, error.code, `user creation was refused: ${error.message}`, { cause: error });
      throw error;
    }
  };
}
