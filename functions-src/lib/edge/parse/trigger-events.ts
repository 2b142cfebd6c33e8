import { z } from "zod";
import type { Caller } from "../../usecases/caller";
import { callerOf } from "../caller-of";
import { parseWith } from "./parse-with";

const authEvent = parseWith(
  z.object({
    user: z.object({
      id: z.string(),
      type: z.string().optional(),
      data: z.record(z.string(), z.unknown()).optional(),
      identities: z.array(z.object({ provider_type: z.string().optional() })).optional(),
    }),
  }),
);
const insertEvent = parseWith(z.object({ documentKey: z.object({ _id: z.string() }) }));

/** Reads the person out of an authentication event; null when it is no person, such as a server API key. */
export function parseAuthEvent(event: unknown): Extract<Caller, { kind: "user" }> | null {
  const { user } = authEvent(event);
  const caller = callerOf({
    services: { get: () => undefined },
    values: { get: () => undefined },
    user: {
      id: user.id,
      ...(user.type === undefined ? {} : { type: user.type }),
      ...(user.data === undefined ? {} : { data: user.data }),
      identities: (user.identities ?? []).map(({ provider_type }) =>
        provider_type === undefined ? {} : { provider_type },
      ),
    },
  });
  return caller.kind === "user" ? caller : null;
}

/** Reads the id out of an insert event of a collection whose ids are texts. */
export function parseInsertEvent(event: unknown): string {
  return insertEvent(event).documentKey._id;
}

/** A schedule carries no event. */
export function parseTick(): null {
  return null;
}
