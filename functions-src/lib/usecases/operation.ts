import type { Note, Outcome, SingleCommand } from "../domain/commands";
import type { Actor, EntryDraft, JsonObject, KeyScope, OperationIdentity } from "../domain/entry";
import type { Digest } from "../ports/digest";
import type { Caller } from "./caller";
import type { Refusal } from "../domain/refusal";

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

/** What makes a call the same call again: scope, key, and a fingerprint of use case and input without free text. */
export function identityOf(
  digest: Digest,
  caller: Caller,
  call: { readonly useCase: string; readonly key: string; readonly input: Readonly<Record<string, unknown>> },
): OperationIdentity {
  const { key: _key, metadata: _metadata, reason: _reason, ...fingerprinted } = call.input;
  return {
    scope: scopeOf(caller),
    key: call.key,
    fingerprint: digest.json({ useCase: call.useCase, key: call.key, ...fingerprinted }),
  };
}

/** The parts that every command shares: who, under which key, with which note. */
export function commandBase(
  digest: Digest,
  caller: Caller,
  call: { readonly useCase: string; readonly key: string; readonly input: Readonly<Record<string, unknown>> },
): Pick<SingleCommand, "identity" | "actor" | "note"> {
  const { metadata, reason } = call.input;
  const text = reason === undefined ? metadata : { reason };
  const content = typeof text === "object" && text !== null ? (text as Readonly<Record<string, unknown>>) : null;
  return { identity: identityOf(digest, caller, call), actor: actorOf(caller), note: noteOf(digest, content) };
}

/** The balance that answers show. */
export interface ShownBalance {
  readonly available: number;
  readonly held: number;
  readonly debt: number;
}

/** The balance after an operation, in the form all answers share; one of several entries keeps it in its first. */
export function balanceAnswer(entry: Pick<EntryDraft, "balanceAfter" | "answer">): ShownBalance {
  const final = entry.answer["balance"];
  const shown = typeof final === "object" && final !== null && !Array.isArray(final) ? (final as JsonObject) : null;
  const { available, held, debt } = shown ?? entry.balanceAfter;
  return { available: Number(available), held: Number(held), debt: Number(debt) };
}

/** Turns an outcome into an answer, or gives the refusal. Everything an answer says comes from the stored entry. */
export function answered<Answer extends object>(
  outcome: Outcome,
  answer: (entry: EntryDraft) => Answer,
): (Answer & { readonly ok: true; readonly replayed: boolean }) | Refusal {
  if (outcome.kind === "refused") return outcome.refusal;
  return { ok: true, replayed: outcome.replayed, ...answer(outcome.entry) };
}
