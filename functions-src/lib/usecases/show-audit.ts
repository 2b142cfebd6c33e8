import type { AuditRecord } from "../domain/audit";
import type { AuditPage } from "../ports/audit-log";
import type { Caller } from "./caller";
import type { Deps } from "./deps";

/** What `admin/audit` answers, the newest first; `next` is the `before` of the next page, null at the end. */
export interface AuditAnswer {
  readonly ok: true;
  readonly records: readonly (Omit<AuditRecord, "id" | "at" | "noteId"> & {
    readonly auditId: string;
    readonly at: Date;
    /** null = none was given, or it was erased. */
    readonly reason: string | null;
  })[];
  readonly next: string | null;
}

/** Shows who did what to whom, before and after. Pages are stable: new records never move older ones. */
export async function showAudit(deps: Deps, _caller: Caller, page: AuditPage): Promise<AuditAnswer> {
  const found = await deps.audit.list({ ...page, limit: page.limit + 1 });
  const shown = found.slice(0, page.limit);
  return {
    ok: true,
    records: shown.map(({ record: { id, at, noteId: _noteId, ...record }, reason }) => ({
      auditId: id,
      at: new Date(at),
      ...record,
      reason,
    })),
    next: found.length > shown.length ? (shown[shown.length - 1]?.record.id ?? null) : null,
  };
}
