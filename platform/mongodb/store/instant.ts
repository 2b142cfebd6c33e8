import { Timestamp } from "bson";

/**
 * A commit timestamp as one safe integer: seconds * 2^20 + counter, so that order is plain number order.
 * Units: seconds since 1970 in the high part, 1 to 1,048,575 in the counter.
 */
export type Instant = number;

const counterSpan = 2 ** 20;

/** The instant before every commit. */
export const beginning: Instant = 0;

/** Later than every commit. */
export const endOfTime: Instant = Number.MAX_SAFE_INTEGER;

/** Next instant after `last`, following the wall clock where that is ahead. */
export function nextInstant(last: Instant, nowMs: number): Instant {
  return Math.max(last + 1, Math.floor(nowMs / 1000) * counterSpan + 1);
}

export function toTimestamp(instant: Instant): Timestamp {
  return new Timestamp({ t: Math.floor(instant / counterSpan), i: instant % counterSpan });
}

/** A counter beyond ours cannot come from this server; it is cut to the last instant of its second. */
export function fromTimestamp(timestamp: Timestamp): Instant {
  return timestamp.getHighBitsUnsigned() * counterSpan + Math.min(timestamp.getLowBitsUnsigned(), counterSpan - 1);
}

/** Writes the eight bytes of a BSON timestamp (counter first). */
export function writeTimestamp(target: Buffer, instant: Instant, at: number): void {
  target.writeUInt32LE(instant % counterSpan, at);
  target.writeUInt32LE(Math.floor(instant / counterSpan), at + 4);
}
