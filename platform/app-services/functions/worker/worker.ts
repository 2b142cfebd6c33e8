import { parentPort, workerData } from "node:worker_threads";
import { MongoClient } from "mongodb";
import type { Caller } from "../../auth/caller";
import { readClock } from "../../clock";
import type { CallFailure, CallMessage, CallReply, FromWorker, ToWorker, WorkerSetup } from "../protocol";
import { createBsonGlobals } from "./bson-globals";
import { createCallContext, type ContextDeps } from "./call-context";
import { ServiceCursor } from "./cursor";
import { runEndpoint } from "./endpoint-call";
import { createFunctionCache } from "./function-cache";
import { createModuleLoader } from "./module-loader";
import { createMongodbService } from "./mongodb-service";
import {
  createSandboxConsole,
  createSandboxDate,
  createSandboxGlobal,
  runningCall,
  sandboxProcess,
} from "./sandbox-globals";
import { utilsGlobal } from "./utils-global";
import { decodeValue, encodeValue } from "./values";

const POOL_SIZE = 50;
/** Callers of a function have their own patience; the driver's 30 s would outlast most of it. */
const SELECTION_TIMEOUT_MS = 10_000;

const port = parentPort;
if (port === null) throw new Error("This file is the entry of a worker thread");
const post = (message: FromWorker): void => port.postMessage(message);

const setup = workerData as WorkerSetup;
const client = new MongoClient(setup.mongodbUri, {
  maxPoolSize: POOL_SIZE,
  appName: "app-services-functions",
  serverSelectionTimeoutMS: SELECTION_TIMEOUT_MS,
});
const deps = createDeps();

function createDeps(): ContextDeps {
  const shared = {
    process: sandboxProcess,
    console: createSandboxConsole(post),
    Date: createSandboxDate(readClock(setup.clockCell)),
  };
  const globalFacade = createSandboxGlobal(shared);
  const moduleGlobals = { ...shared, globalThis: globalFacade, global: globalFacade };
  const functions = createFunctionCache({
    functions: setup.functions,
    globals: { ...moduleGlobals, ...createBsonGlobals(), utils: utilsGlobal },
    modules: createModuleLoader(moduleGlobals),
  });
  const services = new Map(
    setup.dataSources.map(({ name, readPreference }) => [name, createMongodbService(client, readPreference)]),
  );
  const values: Record<string, unknown> = JSON.parse(setup.valuesJson);
  const environment: Record<string, unknown> = JSON.parse(setup.environmentJson);
  return { setup, values, environment, services, functions };
}

async function run(call: CallMessage): Promise<CallReply> {
  const { functionName, input } = call;
  const context = createCallContext(deps, {
    functionName,
    asSystem: call.asSystem || deps.functions.runsAsSystem(functionName),
    caller: decodeValue(call.callerEjson) as Caller,
    request: call.request,
  });
  const handler = deps.functions.bind(functionName, context);
  if (input.kind === "endpoint") return { kind: "endpoint", reply: await runEndpoint(handler, input) };
  const args = decodeValue(input.ejson);
  const result = await handler(...(Array.isArray(args) ? (args as unknown[]) : []));
  if (result instanceof ServiceCursor)
    throw new Error("A cursor cannot be returned, expected a value such as that of toArray()");
  return { kind: "result", ejson: encodeValue(result) };
}

function toFailure(error: unknown): CallFailure {
  const code = "FunctionExecutionError";
  if (error instanceof Error) {
    return { code, message: error.message, ...(error.stack === undefined ? {} : { stack: error.stack }) };
  }
  return { code, message: typeof error === "string" ? error : encodeValue(error) };
}

port.on("message", (message: ToWorker) => {
  switch (message.kind) {
    case "ping":
      post({ kind: "pong" });
      return;
    case "close":
      // An open connection would keep the thread alive; its calls have ended by now.
      void client.close().finally(() => port.close());
      return;
    case "call":
      runningCall.run({ functionName: message.functionName, requestId: message.requestId, printed: 0 }, () => {
        run(message).then(
          (reply) => post({ kind: "done", id: message.id, reply }),
          (error: unknown) => post({ kind: "failed", id: message.id, failure: toFailure(error) }),
        );
      });
  }
});

process.on("unhandledRejection", (reason) => {
  // A forgotten promise of one call must not end the calls of all others; an uncaught exception still does.
  post({
    kind: "console",
    level: "error",
    functionName: "",
    requestId: "",
    text: `Unhandled rejection: ${toFailure(reason).message}`,
  });
});

post({ kind: "ready" });
