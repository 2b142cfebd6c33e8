import { serverError } from "../errors";
import type { Collection } from "./collection";
import type { Instant } from "./instant";
import type { Snapshots } from "./snapshots";

/** How long a snapshot that was handed out can be read again. */
export const pinnedMs = 300_000;

/** Snapshots read outside transactions: each stays readable for a while, so that later reads of the same session can name it. */
export class SnapshotPins {
  private readonly pins = new Map<Instant, { readonly untilMs: number; release(): void }>();

  constructor(private readonly snapshots: Snapshots) {}

  pin(at: Instant, nowMs: number): void {
    this.pins.get(at)?.release();
    this.pins.set(at, { untilMs: nowMs + pinnedMs, release: this.snapshots.open(at) });
  }

  expire(nowMs: number): void {
    for (const [at, pin] of this.pins) {
      if (pin.untilMs > nowMs) continue;
      pin.release();
      this.pins.delete(at);
    }
  }

  /** Throws: SnapshotTooOld when the collection's contents as of then are no longer known, SnapshotUnavailable when its definition has changed since. */
  assertReadable(collection: Collection, at: Instant): void {
    if (!collection.hasTreesAt(at)) {
      throw serverError("SnapshotTooOld", "Read timestamp is older than the oldest available timestamp.");
    }
    if (collection.definedAt > at && collection.createdAt <= at) {
      throw serverError(
        "SnapshotUnavailable",
        `Unable to read from a snapshot due to pending collection catalog changes of ${collection.namespace}`,
      );
    }
  }
}
