import type { Instant } from "../domain/instant";
import type { Deps } from "../usecases/deps";
import { depsOf } from "./compose";
import type { Invocation } from "./invocation";

/** When a trigger runs. */
export type TriggerWhen =
  | { readonly kind: "auth"; readonly operation: "CREATE" | "LOGIN" | "DELETE"; readonly providers: readonly string[] }
  | { readonly kind: "database"; readonly collection: string; readonly operations: readonly ("INSERT" | "UPDATE")[] }
  | { readonly kind: "scheduled"; readonly schedule: string };

/** What the build reads of a trigger, and what the platform calls. */
export interface TriggerDefinition {
  readonly kind: "trigger";
  readonly name: string;
  readonly when: TriggerWhen;
  invoke(invocation: Invocation, args: readonly unknown[]): Promise<void>;
}

/**
 * Declares a trigger. It may run twice, late, or in two processes at once; what it does is keyed by its cause.
 * An error is left to the platform, which logs it and goes on.
 */
export function defineTrigger<Event>(spec: {
  readonly name: string;
  readonly when: TriggerWhen;
  readonly parse: (event: unknown) => Event;
  readonly run: (deps: Deps, event: Event, now: Instant) => Promise<unknown>;
}): TriggerDefinition {
  return {
    kind: "trigger",
    name: spec.name,
    when: spec.when,
    invoke: async (invocation, args) => {
      await spec.run(depsOf(invocation), spec.parse(args[0]), invocation.now);
    },
  };
}
