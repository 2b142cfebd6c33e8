import { type Act, type AuditRecord, auditIdOf } from "../domain/audit";
import type { Actor } from "../domain/entry";
import type { NotedRecord } from "../ports/audit-log";
import type { Digest } from "../ports/digest";
import { noteOf } from "./operation";

/** Names an act; `identity` tells it from other acts of the same kind on the same target at the same time. */
export function nameAct(act: Act, digest: Digest, identity: string): AuditRecord {
  return { ...act, id: auditIdOf(act.at, digest.text(`${act.action}:${act.target}:${identity}`)) };
}

/** Builds the record of an act that writes no ledger entry, with the words of its reason; null = none were given. */
export function recordOf(
  digest: Digest,
  act: Omit<Act, "noteId">,
  { reason, identity }: { readonly reason: string | null; readonly identity: string },
): NotedRecord {
  const record = nameAct({ ...act, noteId: null }, digest, identity);
  const note = noteOf(digest, reason === null ? null : { reason });
  return { record: note === null ? record : { ...record, noteId: record.id }, note };
}

/** The jobs that act by themselves, as audit records name them. */
export const SYSTEM_ACTORS = {
  reconciler: { kind: "system", id: "reconciler" },
  stripe: { kind: "system", id: "stripe" },
  webhooks: { kind: "system", id: "webhooks" },
} as const satisfies Record<string, Actor>;
