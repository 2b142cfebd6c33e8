import { encodeKey } from "../bson/keystring";
import type { Binary, Doc, Value } from "../bson/values";
import { compileValidator } from "../schema/compile-validator";
import type { CollectionOptions } from "./collection-options";
import { idKeyOf } from "./document";
import { recordKeyOf, recordNumberOf } from "./record-key";
import { createIdIndex, type Index } from "./secondary-index";
import { beginning, type Instant } from "./instant";
import type { Transaction } from "./transaction";
import { createTree, type Tree } from "./tree";

export type { CollectionOptions } from "./collection-options";

/**
 * Everything stored in a collection at one instant: documents by their key, and per index its entries (index key -> document key).
 * The key of a document is its encoded `_id`, or its number in order of insertion where the collection keeps that order.
 */
export interface Trees {
  readonly documents: Tree<Buffer>;
  readonly entries: Map<Index, Tree<string>>;
}

/** Trees as they were for snapshots taken before `until`. */
interface PastTrees {
  readonly until: Instant;
  readonly trees: Trees;
}

export function cloneTrees(trees: Trees): Trees {
  const entries = new Map<Index, Tree<string>>();
  for (const [index, tree] of trees.entries) entries.set(index, tree.clone());
  return { documents: trees.documents.clone(), entries };
}

/**
 * One collection: its definition, its live trees, the past trees that open snapshots still need, and the intents of open transactions.
 * Holds: every committed write goes through `Store.commit`, nothing else changes `live`.
 */
export class Collection {
  live: Trees = { documents: createTree<Buffer>(), entries: new Map() };
  /** Last commit that changed the contents. */
  changedAt: Instant = beginning;
  /** The commit that made it visible; snapshots from before do not see it. */
  createdAt: Instant = beginning;
  /** Last commit that changed the definition (creation, indexes, validator). */
  definedAt: Instant = beginning;
  isDropped = false;
  /** Size of all live documents. */
  dataBytes = 0;
  /** The index on `_id` of a capped collection, whose documents are not kept under their `_id`. */
  idIndex: Index | undefined;
  /** How often queries have gone by `_id`, for `$indexStats`. */
  idUses = 0;
  private lastRecord = 0;
  /** Document key -> the open transaction that has written that document. */
  readonly intents = new Map<string, Transaction>();
  private past: PastTrees[] = [];
  private currentOptions: CollectionOptions = {};
  private check: ((doc: Doc) => Doc | undefined) | undefined;

  constructor(
    readonly id: number,
    readonly uuid: Binary,
    readonly database: string,
    public name: string,
  ) {}

  get namespace(): string {
    return `${this.database}.${this.name}`;
  }

  /** The indexes besides that on `_id`. */
  get indexes(): Index[] {
    return [...this.live.entries.keys()].filter((index) => index !== this.idIndex);
  }

  /** Documents are kept in order of insertion: capped collections and time series. */
  get keepsOrder(): boolean {
    return this.currentOptions.capped !== undefined || this.currentOptions.timeSeries !== undefined;
  }

  /** The key of a document that is about to be inserted. A time series is kept in order of time, so that what is old goes from one end. */
  newKey(document: Doc): string {
    if (!this.keepsOrder) return idKeyOf(document.get("_id") ?? null);
    this.lastRecord += 1;
    const { timeSeries } = this.currentOptions;
    const time = timeSeries === undefined ? "" : encodeKey([document.get(timeSeries.timeField)], [false]);
    return time + recordKeyOf(this.lastRecord);
  }

  /** The key of the document with this `_id`; undefined where there is none. A time series has no such thing as the document of an `_id`. */
  keyOf(trees: Trees, id: Value): string | undefined {
    const idKey = idKeyOf(id);
    if (!this.keepsOrder) return trees.documents.has(idKey) ? idKey : undefined;
    return this.idIndex === undefined ? undefined : trees.entries.get(this.idIndex)?.get(idKey);
  }

  /** Takes in a document read from disk; `storedKey` is only needed where order is kept. */
  restoreKey(document: Doc, storedKey: string): string {
    if (!this.keepsOrder) return idKeyOf(document.get("_id") ?? null);
    this.lastRecord = Math.max(this.lastRecord, recordNumberOf(storedKey));
    return storedKey;
  }

  get options(): CollectionOptions {
    return this.currentOptions;
  }

  /** Throws: what the validator compiler says about a validator it cannot read. */
  set options(options: CollectionOptions) {
    this.check = options.validator === undefined ? undefined : compileValidator(options.validator);
    this.currentOptions = options;
    if (options.capped !== undefined && this.idIndex === undefined) {
      this.idIndex = createIdIndex();
      this.live.entries.set(this.idIndex, createTree());
    }
  }

  /** Why the document does not pass the validator, or undefined when it passes or only a warning is asked for. */
  violation(after: Doc, before: Doc | undefined): Doc | undefined {
    const { validationLevel, validationAction } = this.currentOptions;
    if (this.check === undefined || validationLevel === "off" || validationAction === "warn") return undefined;
    const details = this.check(after);
    if (details === undefined) return undefined;
    const wasInvalid = validationLevel === "moderate" && before !== undefined && this.check(before) !== undefined;
    return wasInvalid ? undefined : details;
  }

  /** Contents as of the snapshot. */
  treesAt(snapshot: Instant): Trees {
    if (snapshot >= this.changedAt) return this.live;
    for (const version of this.past) if (snapshot < version.until) return version.trees;
    return this.live;
  }

  /** True when the contents as of the snapshot are still known. */
  hasTreesAt(snapshot: Instant): boolean {
    return snapshot >= this.changedAt || this.past.some((version) => snapshot < version.until);
  }

  /** Keeps the present trees for snapshots before `until`; the live ones go on as a copy-on-write clone. */
  keepPast(until: Instant): void {
    this.past.push({ until, trees: this.live });
    this.live = cloneTrees(this.live);
  }

  get pastCount(): number {
    return this.past.length;
  }

  /** Forgets the past trees that none of the snapshots reads. */
  keepOnly(snapshots: Iterable<Instant>): void {
    const needed = new Set<PastTrees | undefined>();
    for (const snapshot of snapshots) needed.add(this.past.find((version) => snapshot < version.until));
    this.past = this.past.filter((version) => needed.has(version));
  }

  /** Forgets the past trees that only snapshots before `oldest` could need; answers whether some remain. */
  forgetPast(oldest: Instant): boolean {
    this.past = this.past.filter((version) => version.until > oldest);
    return this.past.length > 0;
  }
}
