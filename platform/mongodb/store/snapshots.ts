import type { Collection } from "./collection";
import { beginning, endOfTime, type Instant } from "./instant";

const spareVersions = 8;

/** Counts who still reads at which instant, so that past trees are kept only while someone needs them. */
export class Snapshots {
  /** The newest instant anybody reads at. */
  newest: Instant = beginning;
  private readonly readers = new Map<Instant, number>();
  private readonly withPast = new Set<Collection>();

  /** Takes a snapshot; the returned function gives it back and must be called once. */
  open(at: Instant): () => void {
    this.readers.set(at, (this.readers.get(at) ?? 0) + 1);
    if (at > this.newest) this.newest = at;
    let isOpen = true;
    return () => {
      if (isOpen) this.close(at);
      isOpen = false;
    };
  }

  /** Called before a commit changes the collection: keeps its trees if a snapshot may still read them. */
  beforeChange(collection: Collection, commitAt: Instant): void {
    if (this.newest < collection.changedAt || this.readers.size === 0) return;
    collection.keepPast(commitAt);
    this.withPast.add(collection);
    // While one snapshot is held for long, those that come and go must not leave their versions behind.
    if (collection.pastCount > this.readers.size * 2 + spareVersions) collection.keepOnly(this.readers.keys());
  }

  private close(at: Instant): void {
    const left = (this.readers.get(at) ?? 1) - 1;
    if (left > 0) {
      this.readers.set(at, left);
      return;
    }
    this.readers.delete(at);
    let oldest = endOfTime;
    this.newest = beginning;
    for (const reader of this.readers.keys()) {
      if (reader < oldest) oldest = reader;
      if (reader > this.newest) this.newest = reader;
    }
    if (at < oldest) {
      for (const collection of this.withPast) if (!collection.forgetPast(oldest)) this.withPast.delete(collection);
    }
  }
}
