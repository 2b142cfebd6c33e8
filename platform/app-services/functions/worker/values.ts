import { BSON } from "mongodb";

/**
 * Decodes canonical extended JSON into what functions work with: numbers as JavaScript numbers, everything else as BSON values.
 *
 * Holds: a 64-bit integer that a number cannot hold exactly stays a `Long`, as the driver does with documents.
 */
export function decodeValue(ejson: string): unknown {
  return unwrapNumbers(BSON.EJSON.parse(ejson, { relaxed: false }));
}

function unwrapNumbers(value: unknown): unknown {
  if (value instanceof BSON.Int32 || value instanceof BSON.Double) return value.value;
  // A Timestamp is a Long to instanceof, but no number.
  if (value instanceof BSON.Long && value._bsontype === "Long") {
    const number = value.toNumber();
    return Number.isSafeInteger(number) ? number : value;
  }
  if (Array.isArray(value)) return value.map(unwrapNumbers);
  if (isPlainObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, unwrapNumbers(child)]));
  }
  return value;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || "_bsontype" in value) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Encodes a result as canonical extended JSON; no result is `{"$undefined": true}`. */
export function encodeValue(value: unknown): string {
  const text: string | undefined = value === undefined ? undefined : BSON.EJSON.stringify(value, { relaxed: false });
  return text ?? '{"$undefined":true}';
}

/** Encodes a result as ordinary JSON for `return_type: "JSON"`: ids as hex, instants as ISO text, 64-bit integers as numbers. */
export function encodeJson(value: unknown): string {
  const text: string | undefined = JSON.stringify(
    value,
    function replace(this: unknown, key: string, encoded: unknown) {
      const raw: unknown = typeof this === "object" && this !== null ? Reflect.get(this, key) : encoded;
      if (raw instanceof BSON.Long && raw._bsontype === "Long") {
        const number = raw.toNumber();
        return Number.isSafeInteger(number) ? number : raw.toString();
      }
      if (typeof raw === "bigint" || raw instanceof BSON.Decimal128) return raw.toString();
      return encoded;
    },
  );
  return text ?? "null";
}
