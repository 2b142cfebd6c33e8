import { BSON } from "mongodb";
import type { Caller } from "../auth/caller";
import type { Log } from "../log";
import type { Metrics } from "../metrics";
import { CallError } from "./call-error";
import type { CallInput, CallReply, EndpointReply, RequestFacts } from "./protocol";
import type { WorkerPool } from "./worker-pool";

export interface FunctionCall {
  readonly functionName: string;
  readonly requestId: string;
  readonly caller: Caller;
  readonly request: RequestFacts;
  /** Set for triggers, which run as system whatever the function says. */
  readonly asSystem: boolean;
}

/** Runs functions of the tree and tells log and metrics about it. Throws: `CallError`. */
export interface FunctionRunner {
  /** Runs a function with arguments and answers its result, both canonical extended JSON. */
  callFunction(call: FunctionCall, argumentsEjson: string): Promise<string>;
  callEndpoint(call: FunctionCall, input: Extract<CallInput, { readonly kind: "endpoint" }>): Promise<EndpointReply>;
}

/** Creates the runner over a pool. */
export function createFunctionRunner(deps: {
  readonly pool: WorkerPool;
  readonly log: Log;
  readonly metrics: Metrics;
}): FunctionRunner {
  const run = async (call: FunctionCall, input: CallInput): Promise<CallReply> => {
    const { functionName, requestId } = call;
    const startedAt = process.hrtime.bigint();
    let outcome = "success";
    try {
      return await deps.pool.call(
        {
          functionName,
          requestId,
          callerEjson: BSON.EJSON.stringify(call.caller, { relaxed: false }),
          asSystem: call.asSystem,
          request: call.request,
          input,
        },
        call.caller.id ?? null,
      );
    } catch (error) {
      outcome = error instanceof CallError ? error.kind : "bug";
      deps.log.write("warn", "function.failed", {
        function: functionName,
        requestId,
        userId: call.caller.id,
        code: error instanceof CallError ? error.code : "InternalServerError",
        error: error instanceof Error ? error.message : String(error),
        stack: error instanceof CallError ? error.functionStack : undefined,
      });
      throw error;
    } finally {
      deps.metrics.count("app_services_function_calls_total", { function: functionName, outcome });
      deps.metrics.observeFunction(functionName, Number(process.hrtime.bigint() - startedAt) / 1e9);
    }
  };
  return {
    async callFunction(call, argumentsEjson) {
      const reply = await run(call, { kind: "arguments", ejson: argumentsEjson });
      if (reply.kind !== "result") throw new Error("The worker answered a function call with an endpoint reply");
      return reply.ejson;
    },
    async callEndpoint(call, input) {
      const reply = await run(call, input);
      if (reply.kind !== "endpoint") throw new Error("The worker answered an endpoint call with a function result");
      return reply.reply;
    },
  };
}
