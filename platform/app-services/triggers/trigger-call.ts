import { BSON, ObjectId } from "mongodb";
import { SYSTEM_CALLER } from "../auth/caller";
import { CallError } from "../functions/call-error";
import type { FunctionRunner } from "../functions/function-runner";
import type { Log } from "../log";
import type { Metrics } from "../metrics";
import type { TriggerDefinition } from "../tree/app-tree";
import { pause } from "./pause";

/** What all triggers are built from. */
export interface TriggerCallDeps {
  readonly runner: FunctionRunner;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A worker that ends under a trigger is no fault of the event, so the event gets another try; but one that always kills it must not block. */
const MOST_TRIES = 3;
const RETRY_MS = 200;

/**
 * Runs the function of a trigger, as system.
 *
 * Holds: a function that throws or runs too long has consumed its event; that is logged and counted. Answers false when the event was not
 * consumed, because the runtime stops.
 */
export async function callTrigger(
  deps: TriggerCallDeps,
  input: {
    readonly trigger: TriggerDefinition;
    readonly args: readonly unknown[];
    /** How late the function is; null when that cannot be known. Units: milliseconds. */
    readonly lagMs: number | null;
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const { trigger, lagMs, signal } = input;
  if (lagMs !== null) deps.metrics.setTriggerLag(trigger.name, Math.max(0, lagMs / 1000));
  const argumentsEjson = BSON.EJSON.stringify(input.args, { relaxed: false });
  for (let attempt = 1; ; attempt += 1) {
    const requestId = new ObjectId().toHexString();
    try {
      await deps.runner.callFunction(
        { functionName: trigger.functionName, requestId, caller: SYSTEM_CALLER, request: {}, asSystem: true },
        argumentsEjson,
      );
      deps.metrics.count("app_services_trigger_runs_total", { trigger: trigger.name, outcome: "success" });
      deps.log.write("debug", "trigger.ran", { trigger: trigger.name, function: trigger.functionName, requestId });
      return true;
    } catch (error) {
      const kind = error instanceof CallError ? error.kind : "bug";
      if (kind === "refused" && signal.aborted) return false;
      const isFinal = kind === "thrown" || kind === "timeout" || attempt >= MOST_TRIES;
      deps.log.write("error", "trigger.failed", {
        trigger: trigger.name,
        function: trigger.functionName,
        requestId,
        attempt,
        consumed: isFinal,
        error: error instanceof Error ? error.message : String(error),
      });
      deps.metrics.count("app_services_trigger_runs_total", {
        trigger: trigger.name,
        outcome: isFinal ? "failure" : "retry",
      });
      if (isFinal) return true;
      await pause(RETRY_MS * attempt, signal);
    }
  }
}
