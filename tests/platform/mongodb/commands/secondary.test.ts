import { MongoClient } from "mongodb";
import { RawClient } from "../raw-client";
import { errorOf, startServer, type Row, type StartedServer } from "../started-server";

let running: StartedServer;
beforeEach(async () => {
  running = await startServer(":memory:", {}, { secondary: true });
});
afterEach(() => running.close());

/** A client of the secondary alone. */
async function secondaryClient(): Promise<MongoClient> {
  const { hosts } = await running.client.db("admin").command({ hello: 1 });
  return new MongoClient(`mongodb://${hosts[1]}/?directConnection=true`).connect();
}

test("is found by the driver, which reads from it where the read preference says so", async () => {
  await running.db.collection<Row>("docs").insertOne({ _id: 1 });
  const reader = await running.connect({ readPreference: "secondary" });
  const seen: string[] = [];
  const watching = await running.connect({ readPreference: "secondary", monitorCommands: true });
  watching.on("commandStarted", (event) => seen.push(event.address));
  expect(await reader.db("test").collection<Row>("docs").findOne({ _id: 1 })).toEqual({ _id: 1 });
  await watching.db("test").collection<Row>("docs").findOne({ _id: 1 });
  const { hosts } = await running.client.db("admin").command({ hello: 1 });
  expect(seen).toEqual([hosts[1]]);
  expect(hosts).toHaveLength(2);
});

test("announces itself as a secondary and refuses writes", async () => {
  const client = await secondaryClient();
  const hello = await client.db("admin").command({ hello: 1 });
  expect(hello).toMatchObject({ secondary: true, isWritablePrimary: false, setName: "rs0", me: hello["hosts"][1] });
  const docs = client.db("test").collection<Row>("docs");
  expect(await errorOf(docs.insertOne({ _id: 1 }))).toMatchObject({ code: 10107 });
  expect(await errorOf(docs.aggregate([{ $out: "copy" }]).toArray())).toMatchObject({ code: 10107 });
  await client.close();
});

test("refuses a read of a client that has not agreed to read from a secondary", async () => {
  const { hosts } = await running.client.db("admin").command({ hello: 1 });
  const raw = await RawClient.dial(Number(String(hosts[1]).split(":")[1]));
  const reply = await raw.command("test", { find: "docs" });
  expect(reply).toMatchObject({ ok: 0, code: 13435 });
  raw.close();
});

test("counts as a second member for write concerns", async () => {
  const docs = running.db.collection<Row>("docs");
  await docs.insertOne({ _id: 1 }, { writeConcern: { w: 2 } });
  expect(await errorOf(docs.insertOne({ _id: 2 }, { writeConcern: { w: 3 } }))).toMatchObject({ code: 100 });
});
