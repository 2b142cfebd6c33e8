/** A JSON schema in MongoDB's dialect. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** An index with the query it serves; an index without a query does not exist here. */
export interface IndexDefinition {
  readonly name: string;
  readonly key: Readonly<Record<string, 1 | -1 | "text">>;
  readonly serves: string;
  readonly unique?: true;
  readonly partialFilterExpression?: Readonly<Record<string, unknown>>;
  readonly expireAfterSeconds?: number;
}

/** Everything the database, the App Services tree and the tools know about a collection. */
export interface CollectionDefinition {
  readonly name: string;
  readonly what: string;
  readonly schemaVersion: number;
  /** The app may insert and find, nothing more. */
  readonly appendOnly?: true;
  /** The shard key; every unique index begins with it. `null` for small reference data that is never sharded. */
  readonly shardKey: string | null;
  readonly properties: Readonly<Record<string, JsonSchema>>;
  /** Fields that may be missing; all others are required. */
  readonly optional?: readonly string[];
  /** Rules across fields, as aggregation expressions that must be true. */
  readonly rules?: readonly JsonSchema[];
  readonly indexes: readonly IndexDefinition[];
  /** Fields that are copies of another collection's, and what refreshes them. */
  readonly copies?: Readonly<Record<string, string>>;
}

/** The largest amount, as validators state it. */
const MAX_AMOUNT = Number.MAX_SAFE_INTEGER;

export const text = (maxLength = 512): JsonSchema => ({ bsonType: "string", minLength: 1, maxLength });
export const textOrNull = (maxLength = 512): JsonSchema => ({ bsonType: ["string", "null"], maxLength });
export const word = (words: readonly string[]): JsonSchema => ({ bsonType: "string", enum: [...words] });
export const amount: JsonSchema = { bsonType: "long", minimum: 0, maximum: MAX_AMOUNT };
export const amountOrNull: JsonSchema = { bsonType: ["long", "null"], minimum: 0 };
export const signedAmount: JsonSchema = { bsonType: "long", minimum: -MAX_AMOUNT, maximum: MAX_AMOUNT };
export const instant: JsonSchema = { bsonType: "date" };
export const instantOrNull: JsonSchema = { bsonType: ["date", "null"] };
export const flag: JsonSchema = { bsonType: "bool" };
export const hash: JsonSchema = { bsonType: "string", pattern: "^[0-9a-f]{64}$" };
export const smallNumber = (maximum: number): JsonSchema => ({ bsonType: "int", minimum: 0, maximum });
export const list = (items: JsonSchema, maxItems: number): JsonSchema => ({ bsonType: "array", maxItems, items });

/** A closed embedded document: all fields required, none besides. */
export function closed(properties: Readonly<Record<string, JsonSchema>>, optional: readonly string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((field) => !optional.includes(field));
  return {
    bsonType: "object",
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    properties,
  };
}

/** The `$jsonSchema` of a collection, without fields beyond those named. */
export function jsonSchemaOf(definition: CollectionDefinition): JsonSchema {
  return closed(
    { ...definition.properties, schemaVersion: { bsonType: "int", enum: [definition.schemaVersion] } },
    definition.optional,
  );
}

/** The validator of a collection: its schema and its rules across fields. */
export function validatorOf(definition: CollectionDefinition): JsonSchema {
  const schema = { $jsonSchema: jsonSchemaOf(definition) };
  const rules = definition.rules ?? [];
  return rules.length === 0 ? schema : { ...schema, $expr: { $and: [...rules] } };
}
