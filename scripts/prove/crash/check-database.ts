import type { Db } from "mongodb";
import type { Counter, Entry, Outcomes, Part } from "./operations";

const INDEXES = [
  ["entries", "_id_"],
  ["entries", "slot"],
  ["entries", "writer"],
  ["parts", "_id_"],
  ["parts", "entry"],
  ["counters", "_id_"],
  ["plain", "_id_"],
] as const;

/**
 * Compares a restarted database with what its clients were told, and its indexes with its documents. What was lost is settled: from now on it
 * must stay as it was found.
 * Returns: what is wrong, one line each.
 */
export async function checkDatabase(db: Db, outcomes: Outcomes): Promise<string[]> {
  const entries = await db.collection<Entry>("entries").find().toArray();
  const plain = await db.collection<{ _id: string }>("plain").find().toArray();
  const present = new Set([...entries, ...plain].map((one) => one._id));
  const wrong = checkOutcomes(present, outcomes);
  wrong.push(...checkCounters(entries, await db.collection<Counter>("counters").find().toArray()));
  wrong.push(...checkParts(entries, await db.collection<Part>("parts").find().toArray()));
  if (new Set(entries.map((entry) => entry.slot)).size !== entries.length) wrong.push("a slot is taken twice");
  for (const [collection, index] of INDEXES) wrong.push(...(await checkIndex(db, collection, index)));
  return wrong;
}

function checkOutcomes(present: ReadonlySet<string>, { acknowledged, refused, lost }: Outcomes): string[] {
  const wrong: string[] = [];
  for (const id of acknowledged) if (!present.has(id)) wrong.push(`acknowledged ${id} is gone`);
  for (const id of refused) if (present.has(id)) wrong.push(`refused ${id} is there`);
  for (const id of present) {
    if (!acknowledged.has(id) && !lost.has(id)) wrong.push(`nobody wrote ${id}`);
  }
  for (const id of lost) (present.has(id) ? acknowledged : refused).add(id);
  lost.clear();
  return wrong;
}

/** Every writer's entries are numbered 1 to n without a gap, and its counter stands at n. */
function checkCounters(entries: readonly Entry[], counters: readonly Counter[]): string[] {
  const numbers = new Map<string, number[]>();
  for (const { writer, number } of entries) numbers.set(writer, [...(numbers.get(writer) ?? []), number]);
  const wrong = counters.filter((counter) => !numbers.has(counter._id)).map((one) => `${one._id} counts nothing`);
  for (const [writer, found] of numbers) {
    const isGapless = found.sort((a, b) => a - b).every((number, index) => number === index + 1);
    const count = counters.find((counter) => counter._id === writer)?.count;
    if (!isGapless || count !== found.length) wrong.push(`${writer} has entries ${found.join()} and counts ${count}`);
  }
  return wrong;
}

/** An entry has both its parts or, once a later one dropped them, neither. */
function checkParts(entries: readonly Entry[], parts: readonly Part[]): string[] {
  const dropped = new Set(entries.map((entry) => entry.drops));
  const expected = entries.filter((entry) => !dropped.has(entry._id)).flatMap(({ _id }) => [`${_id}:a`, `${_id}:b`]);
  const found = new Set(parts.map((part) => part._id));
  const wrong = expected.filter((id) => !found.has(id)).map((id) => `part ${id} is gone`);
  if (found.size > expected.length) wrong.push(`${found.size - expected.length} parts belong to no entry`);
  return wrong;
}

async function checkIndex(db: Db, name: string, index: string): Promise<string[]> {
  const collection = db.collection(name);
  const byIndex = (await collection.find({}, { hint: index }).toArray()).map((one) => JSON.stringify(one)).sort();
  const byScan = (await collection.find({}, { hint: { $natural: 1 } }).toArray())
    .map((one) => JSON.stringify(one))
    .sort();
  const isSame = byIndex.length === byScan.length && byIndex.every((one, place) => one === byScan[place]);
  return isSame ? [] : [`index ${name}.${index} gives ${byIndex.length} documents, the collection ${byScan.length}`];
}
