import type { AuthEvents } from "../auth/auth-events";
import type { Clock } from "../clock";
import type { AuthEventDoc, Store } from "../store/store";
import type { AuthenticationTrigger } from "../tree/app-tree";
import { pause } from "./pause";
import { callTrigger, type TriggerCallDeps } from "./trigger-call";

const PAGE = 100;
const AT_ONCE = 10;
/** Events recorded by a runtime that does not hold the trigger are found by looking this often. */
const LOOK_MS = 1_000;

export interface AuthenticationTriggerDeps extends TriggerCallDeps {
  readonly store: Store;
  readonly appId: string;
  readonly events: AuthEvents;
  readonly clock: Clock;
}

/**
 * Delivers recorded authentication events until the signal.
 *
 * Holds: at least once, since an event is deleted after its function ended; the events of one user one after the other, those of different
 * users side by side.
 */
export async function runAuthenticationTrigger(
  deps: AuthenticationTriggerDeps,
  trigger: AuthenticationTrigger,
  until: AbortSignal,
): Promise<void> {
  let wake = new AbortController();
  const wakeUp = (): void => wake.abort();
  const forget = deps.events.onRecorded(wakeUp);
  until.addEventListener("abort", wakeUp);
  try {
    while (!until.aborted) {
      wake = new AbortController();
      const own = { app: deps.appId, trigger: trigger.name };
      const waiting = await deps.store.authEvents.find(own, { signal: until }).sort({ _id: 1 }).limit(PAGE).toArray();
      if (waiting.length === 0) await pause(LOOK_MS, wake.signal);
      else await deliver(deps, trigger, waiting, until);
    }
  } finally {
    forget();
    until.removeEventListener("abort", wakeUp);
  }
}

async function deliver(
  deps: AuthenticationTriggerDeps,
  trigger: AuthenticationTrigger,
  events: readonly AuthEventDoc[],
  until: AbortSignal,
): Promise<void> {
  const byUser = new Map<unknown, AuthEventDoc[]>();
  for (const event of events) byUser.set(event.user["id"], [...(byUser.get(event.user["id"]) ?? []), event]);
  const queue = [...byUser.values()];
  const work = async (): Promise<void> => {
    for (let own = queue.shift(); own !== undefined && !until.aborted; own = queue.shift()) {
      for (const event of own) {
        if (until.aborted) return;
        const argument = {
          operationType: event.operation,
          providers: event.providers,
          user: event.user,
          time: event.time,
        };
        const lagMs = deps.clock.now().getTime() - event.time.getTime();
        const isConsumed = await callTrigger(deps, { trigger, args: [argument], lagMs, signal: until });
        if (isConsumed) await deps.store.authEvents.deleteOne({ _id: event._id });
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
