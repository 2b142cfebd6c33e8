import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "bson";
import type { SeededRandom } from "../../../../scripts/prove/seeded-random";

const EDGES: readonly [unknown, ...unknown[]] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  2_147_483_647,
  2_147_483_648,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  new Double(-0),
  new Double(1.5),
  new Int32(-2_147_483_648),
  Long.MAX_VALUE,
  Long.MIN_VALUE,
  Decimal128.fromString("NaN"),
  Decimal128.fromString("-Infinity"),
  Decimal128.fromString("9.999999999999999999999999999999999E+6144"),
  Decimal128.fromString("1E-6176"),
  new Date(0),
  new Date(8.64e15),
  new Date(Number.NaN),
  new Timestamp({ t: 0, i: 0 }),
  new Timestamp({ t: 4_294_967_295, i: 4_294_967_295 }),
  new ObjectId("000000000000000000000000"),
  new Binary(Buffer.alloc(0)),
  new Binary(Buffer.alloc(16), 4),
  new BSONRegExp("^a", "i"),
  new BSONRegExp("(", ""),
  new BSONSymbol("a"),
  new Code("function () {}", { a: 1 }),
  new MinKey(),
  new MaxKey(),
  "",
  "a",
  "a.b",
  "$a",
  "$$ROOT",
  "$$NOW",
  "$$",
  "$",
  "__proto__",
  "constructor",
  "\uD83D\uDE00",
  "year",
  "UTC",
  "x".repeat(2000),
];

const NAMES: readonly [string, ...string[]] = [
  "a",
  "b",
  "a.b",
  "a.0",
  "a.$",
  "a.$[]",
  "a.$[x]",
  "_id",
  "__proto__",
  "constructor",
  "",
  "input",
  "as",
  "in",
  "vars",
  "cond",
  "if",
  "then",
  "else",
  "branches",
  "default",
  "case",
  "date",
  "unit",
  "amount",
  "startDate",
  "endDate",
  "timezone",
  "format",
  "dateString",
  "n",
  "sortBy",
  "output",
  "partitionBy",
  "window",
  "documents",
  "range",
  "field",
  "value",
  "to",
  "from",
  "localField",
  "foreignField",
  "pipeline",
  "path",
  "boundaries",
  "groupBy",
  "buckets",
  "regex",
  "options",
  "find",
  "replacement",
  "initialValue",
  "inputs",
  "newRoot",
  "coll",
  "size",
];

/** Every operator and stage that the server's sources name, so that a new one is tried without being listed here. */
function operatorsInSources(): readonly [string, ...string[]] {
  const root = join(__dirname, "../../../../platform/mongodb");
  const found = new Set<string>();
  for (const folder of ["aggregate", "match", "update", "schema"]) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
      for (const [name] of text.matchAll(/\$[a-zA-Z][a-zA-Z0-9]+/g)) found.add(name);
    }
  }
  return ["$eq", ...found];
}

const OPERATORS = operatorsInSources();

/** A random value: mostly of the shapes that commands look for, with values in them that nobody expects there. */
export function hostileValue(random: SeededRandom, depth = 3): unknown {
  const kind = random.below(10);
  if (depth <= 0 || kind < 3) return random.pick(EDGES);
  if (kind < 5) return Array.from({ length: random.below(4) }, () => hostileValue(random, depth - 1));
  return hostileDocument(random, depth);
}

/** A random document: plain fields, or one operator, or a mixture that no command allows. */
export function hostileDocument(random: SeededRandom, depth = 3): Map<string, unknown> {
  const kind = random.below(10);
  const doc = new Map<string, unknown>();
  if (kind < 5) doc.set(random.pick(OPERATORS), hostileValue(random, depth - 1));
  if (kind >= 4) {
    for (let count = random.below(4); count > 0; count -= 1)
      doc.set(random.pick(NAMES), hostileValue(random, depth - 1));
  }
  return doc;
}

/** A document of one stage or operator, which is where most of the server's code begins. */
export function hostileOperation(random: SeededRandom): Map<string, unknown> {
  return new Map([[random.pick(OPERATORS), hostileValue(random)]]);
}

/** A document that nests itself so many levels deep, made without recursion. */
export function nested(levels: number, name: string): Buffer {
  const key = Buffer.concat([Buffer.from([3]), Buffer.from(name), Buffer.from([0])]);
  const perLevel = key.length + 5;
  const whole = Buffer.alloc(levels * perLevel + 5);
  for (let level = 0; level < levels; level += 1) {
    const at = level * (key.length + 4);
    whole.writeInt32LE(whole.length - level * perLevel, at);
    key.copy(whole, at + 4);
  }
  whole.writeInt32LE(5, levels * (key.length + 4));
  return whole;
}
