import type { UserDoc } from "../store/store";

/** The user a function sees as `context.user`, in plain values that can cross to a worker. */
export interface Caller {
  readonly id?: string;
  readonly type: "normal" | "server" | "system";
  readonly data: Readonly<Record<string, unknown>>;
  readonly custom_data: Readonly<Record<string, unknown>>;
  readonly identities: readonly {
    readonly id: string;
    readonly provider_type: string;
    readonly provider_id?: string;
  }[];
}

/** Nobody called: a trigger, or an endpoint whose function runs as system. It has no id. */
export const SYSTEM_CALLER: Caller = { type: "system", data: {}, custom_data: {}, identities: [] };

/** Turns a stored user into what functions see. */
export function toCaller(user: UserDoc, customData: Readonly<Record<string, unknown>>): Caller {
  return {
    id: user._id.toHexString(),
    type: user.type,
    data: user.data,
    custom_data: customData,
    identities: user.identities.map(({ id, providerType, providerId }) => ({
      id,
      provider_type: providerType,
      provider_id: providerId,
    })),
  };
}
