import type { Note } from "../domain/commands";
import type { Actor, KeyScope } from "../domain/entry";
import type { Digest } from "../ports/digest";
import type { Caller } from "./caller";

/** The key scope of a caller: users and operators cannot use up each other's keys. */
export function scopeOf(caller: Caller): KeyScope {
  return caller.kind === "user" ? "client" : "operator";
}

/** The actor that an entry names. */
export function actorOf(caller: Caller): Actor {
  return caller.kind === "user" ? { kind: "user", id: caller.userId } : { kind: "operator", id: caller.id };
}

/** Makes the erasable note of an operation; the ledger keeps only its keyed hash. */
export function noteOf(digest: Digest, content: Readonly<Record<string, unknown>> | null): Note | null {
  return content === null ? null : { content, hash: digest.keyed(digest.json(content)) };
}
