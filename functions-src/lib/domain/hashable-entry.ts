import type { Entry } from "./entry";
import { toIsoText } from "./instant";

/**
 * The exact content whose RFC 8785 JSON is hashed: the entry as stored, without `hash`, instants as ISO text.
 * Anyone can repeat the proof from an export with this shape and SHA-256.
 */
export function hashableEntry(entry: Omit<Entry, "hash">): Readonly<Record<string, unknown>> {
  return {
    _id: entry.id,
    accountId: entry.accountId,
    walletId: entry.walletId,
    seq: entry.seq,
    kind: entry.kind,
    scope: entry.scope,
    key: entry.key,
    leg: entry.leg,
    fingerprint: entry.fingerprint,
    at: toIsoText(entry.at),
    recordedAt: toIsoText(entry.recordedAt),
    actor: { kind: entry.actor.kind, id: entry.actor.id },
    cause: { kind: entry.cause.kind, id: entry.cause.id },
    postings: entry.postings.map(({ account, amount }) => ({ account, amount })),
    receipt: entry.receipt.map((line) => ({ lotId: line.lotId, class: line.class, amount: line.amount })),
    balanceAfter: { ...entry.balanceAfter },
    answer: { ...entry.answer },
    metadataHash: entry.metadataHash,
    prevHash: entry.prevHash,
  };
}
