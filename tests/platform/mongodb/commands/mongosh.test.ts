import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMongodb, type Mongodb } from "../../../../platform/mongodb";

const shell = join(__dirname, "../../../../node_modules/.bin/mongosh");

let server: Mongodb;
let home: string;
beforeAll(async () => {
  server = await startMongodb({ dataDir: ":memory:" });
  home = mkdtempSync(join(tmpdir(), "mongosh-home-"));
});
afterAll(async () => {
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

/** Runs a script in the real shell and gives what its last expression is, as JSON. */
function mongosh(script: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const args = [server.uri, "--quiet", "--norc", "--json=relaxed", "--eval", script];
    execFile(shell, args, { env: { ...process.env, HOME: home }, timeout: 50_000 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`mongosh failed: ${stdout}${stderr}`, { cause: error }));
      else resolve(JSON.parse(stdout));
    });
  });
}

test("serves the real mongosh: insert, find, aggregate, indexes, explain, a transaction, a change stream", async () => {
  const seen = await mongosh(`
    const shop = db.getSiblingDB("shop");
    const seen = {};
    seen.inserted = shop.things.insertMany([{ _id: 1, n: Long("5") }, { _id: 2, n: 2 }, { _id: 3, n: 3 }]).acknowledged;
    seen.found = shop.things.find({ n: { $gt: 2 } }).sort({ n: 1 }).map((one) => one._id).toArray();
    seen.sum = shop.things.aggregate([{ $group: { _id: null, sum: { $sum: "$n" } } }]).toArray()[0].sum;
    shop.things.createIndex({ n: 1 });
    seen.indexes = shop.things.getIndexes().length;
    seen.examined = shop.things.find({ n: 2 }).explain("executionStats").executionStats.totalKeysExamined;
    const session = db.getMongo().startSession();
    session.startTransaction();
    session.getDatabase("shop").things.updateOne({ _id: 1 }, { $inc: { n: 1 } });
    seen.before = shop.things.findOne({ _id: 1 }).n;
    session.commitTransaction();
    session.endSession();
    seen.after = shop.things.findOne({ _id: 1 }).n;
    const stream = shop.things.watch();
    shop.things.insertOne({ _id: 9 });
    seen.event = stream.tryNext().operationType;
    stream.close();
    seen.databases = db.adminCommand({ listDatabases: 1 }).databases.map((one) => one.name);
    seen.state = rs.status().myState;
    seen.count = shop.things.stats().count;
    seen.collections = shop.getCollectionNames();
    seen
  `);
  expect(seen).toEqual({
    inserted: true,
    found: [3, 1],
    sum: 10,
    indexes: 2,
    examined: 1,
    before: 5,
    after: 6,
    event: "insert",
    databases: ["shop"],
    state: 1,
    count: 4,
    collections: ["things"],
  });
}, 60_000);
