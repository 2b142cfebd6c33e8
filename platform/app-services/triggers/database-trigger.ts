import type { ChangeStream, MongoClient } from "mongodb";
import type { Log } from "../log";
import type { DatabaseTrigger } from "../tree/app-tree";
import { isHistoryLost, openChangeStream, type ChangeEvent } from "./change-source";
import { EventDelivery } from "./event-delivery";
import { unlessAborted } from "./pause";
import type { TriggerCallDeps } from "./trigger-call";
import type { TriggerState } from "./trigger-state";

export interface DatabaseTriggerDeps extends TriggerCallDeps {
  readonly client: MongoClient;
  readonly state: TriggerState;
  readonly log: Log;
}

/**
 * Delivers the changes of a collection until the signal.
 *
 * Holds: at least once, since the resume token is stored after the function ended; ordered triggers one event after the other, unordered
 * ones up to 50 side by side, with the token of the oldest unfinished event. When the server no longer has the history, that is logged
 * and counted, and the stream starts from now.
 */
export async function runDatabaseTrigger(
  deps: DatabaseTriggerDeps,
  trigger: DatabaseTrigger,
  until: AbortSignal,
  onWatching: () => void,
): Promise<void> {
  while (!until.aborted) {
    const token = (await deps.state.load())?.resumeToken;
    const stream = openChangeStream(deps.client, trigger, token);
    const close = (): void => void stream.close().catch(() => {});
    until.addEventListener("abort", close);
    try {
      const end = await follow(deps, trigger, { stream, until, onWatching, isFresh: token === undefined });
      if (end === "invalidated") await startFromNow(deps, trigger, "the collection was dropped or renamed");
    } catch (error) {
      if (until.aborted) return;
      // Without a token there is no history to lose, so the same code then means something else.
      if (token === undefined || !isHistoryLost(error)) throw error;
      await startFromNow(deps, trigger, "the server no longer has the history after the stored position");
    } finally {
      until.removeEventListener("abort", close);
      // Not waited for: without a server it hangs, and the client of all streams is closed in the end.
      close();
    }
  }
}

async function startFromNow(deps: DatabaseTriggerDeps, trigger: DatabaseTrigger, reason: string): Promise<void> {
  deps.log.write("error", "trigger.events_lost", {
    trigger: trigger.name,
    reason,
    action: "the trigger starts from now",
  });
  deps.metrics.count("app_services_trigger_events_lost_total", { trigger: trigger.name });
  await deps.state.forgetToken();
}

interface FollowInput {
  readonly stream: ChangeStream;
  readonly until: AbortSignal;
  readonly onWatching: () => void;
  readonly isFresh: boolean;
}

async function follow(
  deps: DatabaseTriggerDeps,
  trigger: DatabaseTrigger,
  input: FollowInput,
): Promise<"invalidated" | "stopped"> {
  const { stream, until } = input;
  const delivery = new EventDelivery(deps, trigger, until);
  const opened = storeOpening(deps, trigger, input);
  let isFirst = true;
  try {
    while (!until.aborted) {
      // A read without a server takes as long as the driver looks for one; a stop must not.
      const event = (await unlessAborted(stream.tryNext(), until)) as ChangeEvent | null;
      if (until.aborted) break;
      const openedAt = await opened;
      if (event?.operationType === "invalidate") return "invalidated";
      // The very first answer held an event already, so the position stored was its own: a crash now would lose it.
      if (event !== null && isFirst && input.isFresh && isSameToken(event._id, openedAt))
        await deps.state.forgetToken();
      isFirst = false;
      if (event === null) await delivery.saveIdle(stream.resumeToken);
      else await delivery.add(event);
    }
  } finally {
    await delivery.finish();
  }
  return "stopped";
}

/** Stores the position at which a stream opened before anything is run: else a crash in its first event would lose that event. */
function storeOpening(deps: DatabaseTriggerDeps, trigger: DatabaseTrigger, input: FollowInput): Promise<unknown> {
  const opened = new Promise<unknown>((resolve, reject) => {
    input.stream.once("resumeTokenChanged", (token: unknown) => {
      const saved = input.isFresh ? deps.state.save({ resumeToken: token }) : Promise.resolve();
      saved.then(() => resolve(token), reject);
    });
  });
  opened.then(
    () => {
      deps.log.write("info", "trigger.watching", { trigger: trigger.name, resumed: !input.isFresh });
      input.onWatching();
    },
    // Thrown to the loop that waits on it.
    () => {},
  );
  return opened;
}

function isSameToken(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
