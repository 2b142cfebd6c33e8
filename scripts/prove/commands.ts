import { type Db, MongoClient } from "mongodb";
import { createDatabaseFromDriver } from "../../functions-src/lib/adapters/mongo/from-driver";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import type { Deps } from "../../functions-src/lib/usecases/deps";
import { verifyLedger } from "../../functions-src/lib/usecases/verify-ledger";
import { startMongodb } from "../../platform/mongodb";
import { depsOver } from "../../tests/support/deps";
import { applySchema } from "../db/apply-schema";
import { CUT_OPERATIONS, type CutOperation, type Place } from "./commands/operations";
import { type Cut, openCuttingProxy } from "./commands/cutting-proxy";

/** What a proof of cuts counted. Holds for a passed proof: `wrong` is empty. */
export interface CommandsProof {
  readonly operations: number;
  readonly cuts: number;
  /** Cuts after which the operation was there already, because only its answer was lost. */
  readonly bookedBeforeRepeat: number;
  readonly wrong: readonly string[];
}

/** Runs the proof from the command line, for all operations. Returns: whether it holds. */
export async function commandsProof(): Promise<boolean> {
  const proof = await proveCommands({ names: null, report: (line) => console.log(line) });
  console.log(JSON.stringify(proof));
  return proof.wrong.length === 0 && proof.operations === CUT_OPERATIONS.length;
}

interface World {
  readonly uri: string;
  readonly db: Db;
  readonly fresh: Deps;
  /** Calls of processes that were cut off: they try on for a while and reach nothing. */
  readonly dying: Promise<void>[];
  readonly report: (line: string) => void;
}

/**
 * Cuts a process off its database before and after each command of each operation, as its death would, and lets a fresh
 * process repeat the call with its key. After the cut the operation must be there wholly or not at all; after the repeat
 * everything must look as if there had been no cut, and one more repeat must give the same answer.
 * Options: `names` picks operations, null takes all.
 */
export async function proveCommands(options: {
  readonly names: readonly string[] | null;
  readonly report: (line: string) => void;
}): Promise<CommandsProof> {
  const server = await startMongodb({ dataDir: ":memory:" });
  const client = await MongoClient.connect(server.uri);
  try {
    await applySchema(client, { mode: "apply", prune: false });
    const fresh = depsOver(createDatabaseFromDriver(client, DATABASE_NAME));
    const world: World = { uri: server.uri, db: client.db(DATABASE_NAME), fresh, dying: [], report: options.report };
    const total = { operations: 0, cuts: 0, bookedBeforeRepeat: 0, wrong: [] as string[] };
    for (const operation of CUT_OPERATIONS.filter(({ name }) => options.names?.includes(name) ?? true)) {
      const cuts = await cutEverywhere(world, operation);
      total.operations += 1;
      total.cuts += cuts.length;
      total.bookedBeforeRepeat += cuts.filter(({ wasBooked }) => wasBooked).length;
      total.wrong.push(...cuts.flatMap(({ wrong }) => wrong));
    }
    await Promise.all(world.dying);
    return total;
  } finally {
    await client.close();
    await server.close();
  }
}

interface CutResult {
  readonly wasBooked: boolean;
  readonly wrong: readonly string[];
}

async function cutEverywhere(world: World, operation: CutOperation): Promise<CutResult[]> {
  const place = await newPlace(world);
  const prepared = await operation.prepare(world.fresh, place);
  const before = await traceOf(world, place);
  const { commands } = await runThroughProxy(world, { operation, place, prepared }, null);
  const whole = { before, after: await traceOf(world, place) };
  world.report(`${operation.name}: ${commands.join(" ")}`);
  const results: CutResult[] = [];
  for (let command = 1; command <= commands.length; command += 1) {
    for (const when of ["before", "after"] as const) {
      results.push(await cutOnce(world, operation, { cut: { command, when }, whole }));
    }
  }
  return results;
}

interface Called {
  readonly operation: CutOperation;
  readonly place: Place;
  readonly prepared: string;
}

/** One cut on fresh wallets, the look at what it left, and the repeats. Returns what is wrong. */
async function cutOnce(
  world: World,
  operation: CutOperation,
  { cut, whole }: { readonly cut: Cut; readonly whole: { readonly before: string; readonly after: string } },
): Promise<CutResult> {
  const place = await newPlace(world);
  const prepared = await operation.prepare(world.fresh, place);
  const called = { operation, place, prepared };
  const at = `${operation.name}, cut ${cut.when} command ${cut.command}`;
  const wrong: string[] = [];
  const { isCut } = await runThroughProxy(world, called, cut);
  if (!isCut) wrong.push(`${at}: the process ended before the cut`);

  const left = await traceOf(world, place);
  if (left !== whole.before && left !== whole.after) wrong.push(`${at}: half done: ${left}`);
  await endAbandoned(world);
  const answer: Answer = await operation.run(world.fresh, place, prepared);
  if (answer.ok !== true) wrong.push(`${at}: the repeat got ${JSON.stringify(answer)}`);
  const wasBooked = left === whole.after;
  if (wasBooked !== answer.replayed) wrong.push(`${at}: replayed is ${String(answer.replayed)}`);
  const found = await traceOf(world, place);
  if (found !== whole.after) wrong.push(`${at}: ended as ${found}, expected ${whole.after}`);
  const again = await operation.run(world.fresh, place, prepared);
  if (JSON.stringify(again) !== JSON.stringify({ ...answer, replayed: true })) {
    wrong.push(`${at}: the second repeat differs: ${JSON.stringify(again)}`);
  }
  for (const accountId of [place.accountId, place.partnerId]) {
    const verified = await verifyLedger(world.fresh, { accountId });
    if (!verified.ok) wrong.push(`${at}: ${JSON.stringify(verified.problems)}`);
  }
  return { wasBooked, wrong };
}

/** Lets a process of its own, which is a client and everything the product keeps in memory, make the call. */
async function runThroughProxy(
  world: World,
  { operation, place, prepared }: Called,
  cut: Cut | null,
): Promise<{ readonly commands: readonly string[]; readonly isCut: boolean }> {
  const proxy = await openCuttingProxy(world.uri, cut);
  const client = new MongoClient(proxy.uri, { serverSelectionTimeoutMS: 100 });
  try {
    const deps = depsOver(createDatabaseFromDriver(client, DATABASE_NAME));
    // What the dying process would have answered is heard by nobody.
    const ended = operation.run(deps, place, prepared).then(
      () => undefined,
      () => undefined,
    );
    world.dying.push(ended);
    await Promise.race([ended, proxy.cut]);
    // Closing waits for what the driver still tries; nothing of that reaches the database.
    world.dying.push(client.close(true));
    return { commands: [...proxy.commands], isCut: proxy.isCut };
  } finally {
    await proxy.close();
  }
}

interface Answer {
  readonly ok?: boolean;
  readonly replayed?: boolean;
}

/** Lets the minute pass after which a server ends what a dead process left open; until then callers are told `contention`. */
async function endAbandoned({ db }: World): Promise<void> {
  await db.admin().command({ killAllSessions: [] });
}

let places = 0;

async function newPlace({ fresh, db }: World): Promise<Place> {
  places += 1;
  const now = Date.UTC(2026, 2, 1);
  const accountId = `acc${places}`;
  const partnerId = `partner${places}`;
  await fresh.accounts.createUserWithAccount({ userId: `user${places}`, accountId, at: now });
  await fresh.accounts.createUserWithAccount({ userId: `other${places}`, accountId: partnerId, at: now });
  const members = [{ userId: `user${places}`, role: "owner" }];
  await db.collection<{ _id: string }>("accounts").updateOne({ _id: partnerId }, { $set: { members } });
  return { accountId, partnerId, unit: "tokens", now };
}

/** Everything that both accounts have in the database, as text without ids, so that two places can be compared. */
async function traceOf({ db }: World, { accountId, partnerId }: Place): Promise<string> {
  const collections = ["wallets", "lots", "lotStates", "ledger", "holds", "auditLog", "entryNotes", "outbox"];
  const parts: string[] = [];
  for (const name of collections) {
    const rows = await db
      .collection(name)
      .find({ accountId: { $in: [accountId, partnerId] } })
      .toArray();
    const texts = rows.map((row) => JSON.stringify(name === "outbox" ? { kind: row["kind"] } : row));
    parts.push(
      `${name}: ${texts
        .map((line) => anonymous(line, accountId, partnerId))
        .sort()
        .join(",")}`,
    );
  }
  return parts.join("\n");
}

function anonymous(line: string, accountId: string, partnerId: string): string {
  return line
    .replaceAll(accountId, "A")
    .replaceAll(partnerId, "B")
    .replaceAll(/"(hash|prevHash|head|fingerprint|metadataHash)":"\w*"/g, '"$1":""')
    .replaceAll(/"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}"/g, '"audit id"');
}
