import { AppError } from "../domain/app-error";
import type { Instant } from "../domain/instant";
import type { InboxEvent } from "../ports/inbox-store";
import { recordOf } from "./audit";
import type { Caller } from "./caller";
import type { Deps } from "./deps";
import { actorOf } from "./operation";
import { processStripeEvent } from "./process-stripe-event";
import { parkingReason } from "./receive-stripe-event";

/** What `admin/replayEvent` answers: the event after its new attempt. */
export interface ReplayAnswer {
  readonly ok: true;
  readonly eventId: string;
  readonly type: string;
  readonly state: InboxEvent["state"];
  readonly failure: string | null;
}

/**
 * Processes an event of the inbox once more, whatever became of it: its effects are keyed by their cause, so what happened
 * already does not happen again.
 * Throws: AppError `not_found` for an unknown event, `conflict` for one of the other mode or release train.
 */
export async function replayEvent(
  deps: Deps,
  caller: Caller,
  { eventId, reason }: { readonly eventId: string; readonly reason: string | null },
  now: Instant,
): Promise<ReplayAnswer> {
  const event = await requireEvent(deps, eventId);
  const why = parkingReason(deps, event);
  if (why !== null)
    throw new AppError("conflict", `eventId: expected an event that we may process, got one that was parked: ${why}`);
  const act = {
    at: now,
    actor: actorOf(caller),
    action: "replay_event" as const,
    accountId: (await deps.links.find(event.mode, event.objectId))?.accountId ?? null,
    target: eventId,
    before: { state: event.state, failure: event.failure },
    after: { state: "received" },
  };
  await deps.inbox.reopen(eventId, recordOf(deps.digest, act, { reason, identity: deps.timing.randomId() }));
  deps.log.info("stripe_event_replayed", { eventId, type: event.type, by: caller.kind });
  await processStripeEvent(deps, eventId, now);
  const after = await requireEvent(deps, eventId);
  return { ok: true, eventId, type: after.type, state: after.state, failure: after.failure };
}

async function requireEvent(deps: Deps, eventId: string): Promise<InboxEvent & { readonly failure: string | null }> {
  const event = await deps.inbox.find(eventId);
  if (event === null)
    throw new AppError("not_found", `eventId: expected a received event such as evt_..., got "${eventId}"`);
  return event;
}
