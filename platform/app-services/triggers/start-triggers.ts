import { MongoClient } from "mongodb";
import type { AuthEvents } from "../auth/auth-events";
import type { Clock } from "../clock";
import type { Store } from "../store/store";
import type { AppTree, DatabaseTrigger, TriggerDefinition } from "../tree/app-tree";
import { runAuthenticationTrigger } from "./authentication-trigger";
import { runDatabaseTrigger } from "./database-trigger";
import { createLeases, type Lease } from "./lease";
import { pause } from "./pause";
import type { ScheduledSlots } from "./scheduled-slots";
import { offerScheduledTrigger, runScheduledTrigger } from "./scheduled-trigger";
import type { TriggerCallDeps } from "./trigger-call";
import { startTriggerLoop } from "./trigger-loop";
import { createTriggerState } from "./trigger-state";

/** A stream that cannot be opened in this time does not hold up the start; it goes on trying. */
const START_WAIT_MS = 10_000;

export interface TriggersDeps extends TriggerCallDeps {
  readonly tree: AppTree;
  readonly store: Store;
  readonly clock: Clock;
  readonly events: AuthEvents;
  readonly mongodbUri: string;
  readonly leaseMs: number;
  /** Where scheduled triggers wait for a test clock; null when time passes by itself. */
  readonly slots: ScheduledSlots | null;
}

/**
 * Starts every enabled trigger of the tree, and resolves when those this runtime holds miss nothing any more.
 *
 * Holds: streams have a client of their own, so that they never wait for, nor take, connections of calls.
 */
export async function startTriggers(deps: TriggersDeps): Promise<{ close(graceMs: number): Promise<void> }> {
  const { tree, store, log } = deps;
  const closing = new AbortController();
  const leases = createLeases({ store, leaseMs: deps.leaseMs, log });
  const enabled = tree.triggers.filter((trigger) => !trigger.disabled);
  await forgetSkipped(deps);
  const streams = enabled.filter((trigger) => trigger.kind === "database").length;
  const client = new MongoClient(deps.mongodbUri, { maxPoolSize: streams + 5, appName: "app-services-triggers" });
  const loops = enabled.map((trigger) =>
    startTriggerLoop({
      id: triggerId(tree, trigger),
      leases,
      log,
      closing: closing.signal,
      run: (lease, until, onWatching) => runTrigger({ ...deps, client }, trigger, { lease, until, onWatching }),
    }),
  );
  const startTimeout = new AbortController();
  await Promise.race([Promise.all(loops.map((loop) => loop.started)), pause(START_WAIT_MS, startTimeout.signal)]);
  startTimeout.abort();
  return {
    async close(graceMs) {
      closing.abort();
      const overdue = new AbortController();
      await Promise.race([Promise.all(loops.map((loop) => loop.ended)), pause(graceMs, overdue.signal)]);
      overdue.abort();
      await client.close();
    },
  };
}

interface Running {
  readonly lease: Lease;
  readonly until: AbortSignal;
  readonly onWatching: () => void;
}

async function runTrigger(
  deps: TriggersDeps & { readonly client: MongoClient },
  trigger: TriggerDefinition,
  { lease, until, onWatching }: Running,
): Promise<void> {
  const state = createTriggerState(deps.store, triggerId(deps.tree, trigger), lease.token);
  switch (trigger.kind) {
    case "authentication":
      onWatching();
      return runAuthenticationTrigger({ ...deps, appId: deps.tree.appId }, trigger, until);
    case "scheduled":
      if (deps.slots !== null) {
        return offerScheduledTrigger({ ...deps, slots: deps.slots, state }, trigger, until, onWatching);
      }
      onWatching();
      return runScheduledTrigger({ ...deps, state }, trigger, until);
    case "database":
      return runDatabaseTrigger({ ...deps, state }, trigger, until, onWatching);
  }
}

/** A disabled trigger that does not want to catch up forgets its position, and starts from now when it is enabled again. */
async function forgetSkipped({ tree, store }: TriggersDeps): Promise<void> {
  for (const trigger of tree.triggers) {
    if (trigger.kind !== "authentication" && trigger.disabled && trigger.skipCatchupEvents) {
      await store.triggerState.deleteOne({ _id: triggerId(tree, trigger) });
    }
  }
}

function triggerId(tree: AppTree, trigger: Pick<DatabaseTrigger, "name">): string {
  return `${tree.appId}:${trigger.name}`;
}
