import { ObjectId, type ClientSession } from "mongodb";
import type { Clock } from "../clock";
import type { AuthEventDoc, Store, UserDoc } from "../store/store";
import type { AuthenticationTrigger, AuthOperation } from "../tree/app-tree";

/** Records authentication events for the triggers that ask for them. */
export interface AuthEvents {
  /**
   * Makes the change of a user and records the events of it, all or nothing.
   *
   * Holds: with a trigger that matches, both are one transaction, so that an event is neither lost by a crash nor sent for a change
   * that did not happen.
   */
  recordWith(
    events: readonly { readonly operation: AuthOperation; readonly provider: string; readonly user: UserDoc }[],
    change: (session: ClientSession | undefined) => Promise<unknown>,
  ): Promise<void>;
  /** Calls back when events were recorded here, until the answered function is called; other runtimes find them by looking. */
  onRecorded(listener: () => void): () => void;
}

/** Creates the recorder for the enabled authentication triggers of one app. */
export function createAuthEvents(deps: {
  readonly store: Store;
  readonly appId: string;
  readonly clock: Clock;
  readonly triggers: readonly AuthenticationTrigger[];
}): AuthEvents {
  const { store, appId, clock } = deps;
  const triggers = deps.triggers.filter((trigger) => !trigger.disabled);
  const listeners = new Set<() => void>();
  return {
    async recordWith(events, change) {
      const docs = events.flatMap((event) =>
        triggers
          .filter((trigger) => trigger.operation === event.operation && trigger.providers.includes(event.provider))
          .map((trigger) => toAuthEvent({ trigger, appId, time: clock.now(), ...event })),
      );
      if (docs.length === 0) {
        await change(undefined);
        return;
      }
      await store.client.withSession((session) =>
        session.withTransaction(
          async () => {
            await change(session);
            await store.authEvents.insertMany(docs, { session });
          },
          { writeConcern: { w: "majority" } },
        ),
      );
      for (const listener of listeners) listener();
    },
    onRecorded(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function toAuthEvent(input: {
  readonly trigger: AuthenticationTrigger;
  readonly appId: string;
  readonly time: Date;
  readonly operation: AuthOperation;
  readonly provider: string;
  readonly user: UserDoc;
}): AuthEventDoc {
  const { user } = input;
  return {
    _id: new ObjectId(),
    app: input.appId,
    trigger: input.trigger.name,
    operation: input.operation,
    providers: [input.provider],
    time: input.time,
    user: {
      id: user._id.toHexString(),
      type: user.type,
      data: user.data,
      custom_data: {},
      identities: user.identities.map(({ id, providerType }) => ({ id, provider_type: providerType })),
    },
  };
}
