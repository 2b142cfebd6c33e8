import type { Doc } from "../bson/values";

/** How much a capped collection holds; what is older goes. */
export interface CappedLimits {
  readonly sizeBytes: number;
  readonly maxDocuments?: number;
}

/** What the documents of a time series mean. */
export interface TimeSeries {
  readonly timeField: string;
  readonly metaField?: string;
  readonly granularity?: string;
  readonly bucketMaxSpanSeconds?: number;
  readonly bucketRoundingSeconds?: number;
}

/** A collection that holds nothing and is read through a pipeline over another one. */
export interface ViewDefinition {
  readonly on: string;
  readonly pipeline: readonly Doc[];
}

/** What create and collMod say about a collection. */
export interface CollectionOptions {
  readonly validator?: Doc;
  readonly validationLevel?: "strict" | "moderate" | "off";
  readonly validationAction?: "error" | "warn";
  readonly hasPreImages?: boolean;
  readonly view?: ViewDefinition;
  readonly capped?: CappedLimits;
  readonly timeSeries?: TimeSeries;
  /** Name of the clustered index; every collection is kept in order of `_id`, this one says so. */
  readonly clusteredName?: string;
  /** For time series and clustered collections. */
  readonly expireAfterSeconds?: number;
}
