import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { MongoClient } from "mongodb";
import type { Row } from "../started-server";

const main = join(__dirname, "../../../../platform/mongodb/main.ts");
const rounds = Number(process.env["CRASH_ROUNDS"] ?? 3);
const writers = 8;

interface Child {
  readonly process: ChildProcess;
  readonly uri: string;
}

function startChild(folder: string): Promise<Child> {
  const child = spawn(process.execPath, ["--require", require.resolve("tsx/cjs"), main, "--data", folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`The server ended with ${code} before it was ready`)));
    createInterface({ input: child.stdout }).once("line", (line) =>
      resolve({ process: child, uri: JSON.parse(line).mongodbUri }),
    );
  });
}

function kill(child: Child): Promise<void> {
  return new Promise((resolve) => {
    child.process.once("exit", () => resolve());
    child.process.kill("SIGKILL");
  });
}

/** Moves one unit from a wallet to a ledger entry in a transaction, again and again, until the server dies. Returns the ids that were acknowledged. */
async function spend(client: MongoClient, writer: string, acknowledged: string[]): Promise<void> {
  const db = client.db("crash");
  for (let n = 0; ; n += 1) {
    const id = `${writer}:${n}`;
    const session = client.startSession();
    try {
      await session.withTransaction(async () => {
        await db
          .collection<Row>("wallets")
          .updateOne({ _id: writer }, { $inc: { spent: 1 } }, { session, upsert: true });
        await db.collection<Row>("ledger").insertOne({ _id: id, writer, key: id }, { session });
      });
      acknowledged.push(id);
      if (n % 3 === 0) {
        await db.collection<Row>("plain").insertOne({ _id: id });
        acknowledged.push(`plain ${id}`);
      }
    } catch {
      return;
    } finally {
      await session.endSession().catch(() => undefined);
    }
  }
}

async function check(client: MongoClient, acknowledged: readonly string[]): Promise<void> {
  const db = client.db("crash");
  const ledger = await db.collection<Row>("ledger").find().toArray();
  const plain = new Set((await db.collection<Row>("plain").find().toArray()).map((one) => one._id));
  const ids = new Set(ledger.map((one) => one._id));
  const lost = acknowledged.filter((id) => (id.startsWith("plain ") ? !plain.has(id.slice(6)) : !ids.has(id)));
  expect(lost).toEqual([]);
  for (const wallet of await db.collection<Row>("wallets").find().toArray()) {
    const byIndex = await db.collection<Row>("ledger").countDocuments({ writer: wallet._id }, { hint: "writer_1" });
    expect({ id: wallet._id, spent: wallet["spent"] }).toEqual({ id: wallet._id, spent: byIndex });
    expect(ledger.filter((one) => one["writer"] === wallet._id)).toHaveLength(byIndex);
  }
}

test("loses nothing acknowledged and leaves nothing half done when it is killed at any moment", async () => {
  const folder = mkdtempSync(join(tmpdir(), "mongodb-crash-"));
  const acknowledged: string[] = [];
  const children: Child[] = [];
  const clients: MongoClient[] = [];
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const child = await startChild(folder);
      children.push(child);
      const client = await new MongoClient(child.uri, {
        serverSelectionTimeoutMS: 300,
        maxPoolSize: writers,
      }).connect();
      clients.push(client);
      if (round === 0) {
        await client
          .db("crash")
          .collection("ledger")
          .createIndexes([{ key: { writer: 1 } }, { key: { key: 1 }, unique: true }]);
      } else {
        await check(client, acknowledged);
      }
      if (round < rounds) {
        const target = acknowledged.length + 60 + 37 * round;
        const working = Array.from({ length: writers }, (_, n) => spend(client, `r${round}w${n}`, acknowledged));
        while (acknowledged.length < target) await new Promise((resolve) => setImmediate(resolve));
        await kill(child);
        await Promise.all(working);
      } else {
        await kill(child);
      }
      await client.close();
    }
    expect(acknowledged.length).toBeGreaterThan(60 * rounds);
  } finally {
    for (const child of children) child.process.kill("SIGKILL");
    await Promise.all(clients.map((client) => client.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
