import { createClock } from "../../../../platform/app-services/clock";
import type { FunctionRunner } from "../../../../platform/app-services/functions/function-runner";
import { createLog } from "../../../../platform/app-services/log";
import { createMetrics } from "../../../../platform/app-services/metrics";
import { runScheduledTrigger } from "../../../../platform/app-services/triggers/scheduled-trigger";
import type { TriggerState } from "../../../../platform/app-services/triggers/trigger-state";
import type { ScheduledTrigger } from "../../../../platform/app-services/tree/app-tree";

const trigger: ScheduledTrigger = {
  kind: "scheduled",
  name: "hourly",
  functionName: "tick",
  disabled: false,
  schedule: "0 * * * *",
  skipCatchupEvents: false,
};

/** Runs the schedule at a standing clock until the position was saved, and answers what happened. */
async function runAt(now: string, lastSlot: string | null) {
  const stop = new AbortController();
  const calls: string[] = [];
  const saved: string[] = [];
  const state: TriggerState = {
    load: () => Promise.resolve(lastSlot === null ? null : { _id: "x", fence: 1, lastSlot: new Date(lastSlot) }),
    save: (position) => {
      saved.push("lastSlot" in position ? position.lastSlot.toISOString() : "");
      stop.abort();
      return Promise.resolve();
    },
    forgetToken: () => Promise.resolve(),
  };
  const runner: FunctionRunner = {
    callFunction: (call, args) => {
      calls.push(`${call.functionName}${args} ${saved.length} ${call.asSystem}`);
      return Promise.resolve("null");
    },
    callEndpoint: () => Promise.reject(new Error("not an endpoint")),
  };
  const clock = { ...createClock(), now: () => new Date(now) };
  const log = createLog({ clock, secrets: [], sink: () => {} });
  await runScheduledTrigger({ runner, log, metrics: createMetrics(), clock, state }, trigger, stop.signal);
  return { calls, saved };
}

describe("scheduled triggers", () => {
  test("many missed slots run once, as system, without argument; the position is stored after the run", async () => {
    await expect(runAt("2026-03-01T09:20:00Z", "2026-02-20T00:00:00Z")).resolves.toEqual({
      calls: ["tick[] 0 true"],
      saved: ["2026-03-01T09:00:00.000Z"],
    });
  });

  test("a slot that is due this very moment runs", async () => {
    expect((await runAt("2026-03-01T09:00:00.000Z", "2026-03-01T08:00:00Z")).saved).toEqual([
      "2026-03-01T09:00:00.000Z",
    ]);
  });

  test("the very first start runs nothing and remembers when it was", async () => {
    await expect(runAt("2026-03-01T09:20:00Z", null)).resolves.toEqual({
      calls: [],
      saved: ["2026-03-01T09:20:00.000Z"],
    });
  });
});
