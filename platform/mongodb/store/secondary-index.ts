import { encodeKey } from "../bson/keystring";
import { indexKeys } from "../bson/path";
import type { Doc, Value } from "../bson/values";
import { compileFilter } from "../match/compile-filter";
import type { Transaction } from "./transaction";
import { createTree, type Tree } from "./tree";

export interface IndexField {
  readonly path: string;
  readonly isDescending: boolean;
}

/** What an index is, read from a createIndexes specification. */
export interface IndexDefinition {
  readonly name: string;
  /** Key pattern as given, for listIndexes. */
  readonly key: Doc;
  readonly fields: readonly IndexField[];
  readonly isUnique: boolean;
  readonly isSparse: boolean;
  readonly partialFilter?: Doc;
  readonly expireAfterSeconds?: number;
  /** Kept up to date, and not used by queries. */
  readonly isHidden: boolean;
  /** Known by name and holding nothing: a text index. */
  readonly isListedOnly?: boolean;
  /** The whole specification as listIndexes shows it. */
  readonly specification: Doc;
}

/** One secondary index. Its entries live in `Trees.entries`; here is what all versions of them share. */
export class Index {
  /** Once true always true: some document has had several keys, so bounds of different conditions may not be intersected. */
  isMultikey = false;
  /** Encoded unique key -> the open transaction that has written it. */
  readonly intents = new Map<string, Transaction>();
  readonly descending: readonly boolean[];
  /** How often queries have used it since it was built or loaded, for `$indexStats`. */
  uses = 0;
  readonly since = new Date();
  private readonly paths: readonly string[];
  private readonly covers: ((doc: Doc) => boolean) | undefined;

  /** Fields, uniqueness and filter never change; collMod changes expiry and visibility. */
  constructor(public definition: IndexDefinition) {
    this.paths = definition.fields.map((field) => field.path);
    this.descending = definition.fields.map((field) => field.isDescending);
    if (definition.partialFilter !== undefined) {
      const filter = compileFilter(definition.partialFilter);
      this.covers = (doc) => filter.matches(doc);
    }
  }

  get isUnique(): boolean {
    return this.definition.isUnique;
  }

  /** The same index for another collection, with no entries yet. */
  emptyCopy(): [Index, Tree<string>] {
    return [new Index(this.definition), createTree<string>()];
  }

  /** The tree keys of a document: its field values, then its `_id` where the index is not unique. Throws: CannotIndexParallelArrays. */
  keysOf(doc: Doc, idKey: string): string[] {
    if (this.definition.isListedOnly === true) return [];
    if (this.covers !== undefined && !this.covers(doc)) return [];
    const { keys, multikey } = indexKeys(doc, this.paths);
    if (multikey) this.isMultikey = true;
    const encoded = new Set<string>();
    for (const values of keys) {
      if (this.definition.isSparse && values.every((value) => value === undefined)) continue;
      encoded.add(encodeKey(values, this.descending) + (this.isUnique ? "" : idKey));
    }
    return [...encoded];
  }

  /** The field values of a document's keys, in the order of `keysOf`, for error messages. */
  valuesOf(doc: Doc): readonly (readonly (Value | undefined)[])[] {
    return indexKeys(doc, this.paths).keys;
  }
}

/** Builds the index on `_id` for collections that do not keep their documents under it. */
export function createIdIndex(): Index {
  const key: Doc = new Map([["_id", 1]]);
  return new Index({
    name: "_id_",
    key,
    fields: [{ path: "_id", isDescending: false }],
    isUnique: true,
    isSparse: false,
    isHidden: false,
    specification: new Map<string, Value>([
      ["v", 2],
      ["key", key],
      ["name", "_id_"],
    ]),
  });
}
