import type { WalletCommand } from "./commands";
import type { Actor, JsonObject } from "./entry";
import type { Instant } from "./instant";

/** What is written down about people and jobs that act on somebody else's account. */
export const AUDIT_ACTIONS = [
  ...(["grant", "reverse", "void", "adjust", "write_off", "refund", "set_policy"] as const),
  ...(["freeze", "unfreeze", "suspend", "readmit"] as const),
  ...(["replay_event", "repair_drift"] as const),
  ...(["create_webhook", "rotate_webhook_secret", "disable_webhook", "enable_webhook", "replay_delivery"] as const),
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** An act before it is named. Shape: `before` and `after` are facts of the target; null = there was nothing. */
export interface Act {
  readonly at: Instant;
  readonly actor: Actor;
  readonly action: AuditAction;
  /** null = the act is about the installation. */
  readonly accountId: string | null;
  /** What was acted on: the id of an entry, a payment, an event, a drift or an endpoint. */
  readonly target: string;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
  /** Where the reason stands in words, erasable; null = none was given. */
  readonly noteId: string | null;
}

/** Who did what to whom, and what it changed; written once and kept for ever. */
export interface AuditRecord extends Act {
  /** A UUID of version 7: text order is order of time. */
  readonly id: string;
}

/** The act that a command of a wallet is; null = it is none that is audited. */
export function auditedAction({ kind, actor }: WalletCommand): AuditAction | null {
  if (actor.kind !== "operator") return null;
  switch (kind) {
    case "grant":
    case "reverse":
    case "void":
    case "adjust":
    case "write_off":
      return kind;
    case "spend":
    case "authorize":
    case "capture":
    case "release":
    case "transfer":
    case "converge":
    case "batch":
      return null;
  }
}

/**
 * Names an act by its time and a hash of what makes it this act, so that the same act is never written twice.
 * Shape: a UUID of version 7 (RFC 9562) with the first 74 bits of the hash in the place of chance.
 */
export function auditIdOf(at: Instant, hash: string): string {
  const time = idTime(at);
  const variant = ((Number.parseInt(hash.slice(3, 4), 16) & 0b11) | 0b1000).toString(16);
  return `${time}-7${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`;
}

/** The least id of an instant: records before it have smaller ids, records from it on do not. */
export function firstAuditIdAt(at: Instant): string {
  return `${idTime(at)}-7000-8000-000000000000`;
}

function idTime(at: Instant): string {
  const milliseconds = Math.max(0, at).toString(16).padStart(12, "0");
  return `${milliseconds.slice(0, 8)}-${milliseconds.slice(8, 12)}`;
}
