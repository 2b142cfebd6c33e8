import type { Instant } from "../domain/instant";

/** The parts of the App Services `context` that the product uses. */
export interface AppServicesContext {
  readonly services: { get(name: string): unknown };
  readonly values: { get(name: string): unknown };
  readonly user?: {
    readonly id?: string;
    readonly type?: string;
    readonly data?: Readonly<Record<string, unknown>>;
    readonly identities?: readonly { readonly provider_type?: string }[];
  };
}

/** One call of a deployed function: the platform's globals, and the time, read once. */
export interface Invocation {
  readonly context: AppServicesContext;
  readonly bson: unknown;
  readonly now: Instant;
}
