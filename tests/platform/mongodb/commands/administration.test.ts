import { Long, Timestamp, UUID } from "mongodb";
import { commandTable } from "../../../../platform/mongodb/commands/table";
import { RawClient } from "../raw-client";
import { errorOf, startServer, type Row, type StartedServer } from "../started-server";

let running: StartedServer;
beforeAll(async () => {
  running = await startServer();
});
afterAll(() => running.close());

test("shows itself as the primary of a one-node replica set of version 8.0.17", async () => {
  const admin = running.client.db("admin");
  const hello = await admin.command({ hello: 1 });
  const address = `127.0.0.1:${running.server.port}`;
  expect(hello).toMatchObject({
    isWritablePrimary: true,
    setName: "rs0",
    hosts: [address],
    me: address,
    maxWireVersion: 25,
    logicalSessionTimeoutMinutes: 30,
  });
  expect(await admin.command({ buildInfo: 1 })).toMatchObject({ version: "8.0.17", versionArray: [8, 0, 17, 0] });
  expect(await admin.command({ buildinfo: 1 })).toMatchObject({ version: "8.0.17" });
  expect(await admin.command({ replSetGetStatus: 1 })).toMatchObject({ set: "rs0", myState: 1 });
  expect(running.server.uri).toBe(`mongodb://${address}/?replicaSet=rs0`);
});

test("answers what tools ask on connecting", async () => {
  const admin = running.client.db("admin");
  for (const command of [
    "serverStatus",
    "hostInfo",
    "connectionStatus",
    "getCmdLineOpts",
    "listDatabases",
    "currentOp",
    "isMaster",
    "ping",
    "dbStats",
  ]) {
    expect(await admin.command({ [command]: 1 })).toMatchObject({ ok: 1 });
  }
  expect(await admin.command({ getLog: "startupWarnings" })).toMatchObject({ log: [] });
  expect(await admin.command({ getParameter: "*" })).toMatchObject({ enableTestCommands: true });
  expect(await errorOf(admin.command({ atlasVersion: 1 }))).toMatchObject({ codeName: "CommandNotFound" });
  expect((await errorOf(admin.command({ createSearchIndexes: "x", indexes: [] }))).message).toContain("Atlas");
});

test("lists databases, collections and sizes truthfully", async () => {
  await running.client
    .db("sized")
    .collection<Row>("docs")
    .insertMany([{ _id: 1, text: "x".repeat(1000) }, { _id: 2 }]);
  const listed = await running.client.db("admin").command({ listDatabases: 1, filter: { name: "sized" } });
  expect(listed["databases"]).toMatchObject([{ name: "sized", empty: false }]);
  expect(await running.client.db("sized").command({ collStats: "docs" })).toMatchObject({ count: 2, nindexes: 1 });
  expect(await running.client.db("sized").command({ dbStats: 1 })).toMatchObject({ collections: 1, objects: 2 });
});

test("tells a write concern that one node cannot give, and still writes", async () => {
  const docs = running.db.collection<Row>("concern");
  expect(await errorOf(docs.insertOne({ _id: 1 }, { writeConcern: { w: 5 } }))).toMatchObject({ code: 100 });
  expect(await errorOf(docs.insertOne({ _id: 2 }, { writeConcern: { w: "tagged" as "majority" } }))).toMatchObject({
    code: 79,
  });
  expect(await docs.countDocuments()).toBe(2);
  await docs.insertOne({ _id: 3 }, { writeConcern: { w: 0 } });
});

test("lets operationTime pass with every commit and carries it in $clusterTime", async () => {
  const before: Timestamp = (await running.db.command({ ping: 1 }))["operationTime"];
  await running.db.collection<Row>("times").insertOne({ _id: 1 });
  const reply = await running.db.command({ ping: 1 });
  expect(reply["operationTime"].greaterThan(before)).toBe(true);
  expect(reply["$clusterTime"].clusterTime).toEqual(reply["operationTime"]);
});

test("ends sessions with their cursors and transactions", async () => {
  const raw = await RawClient.dial(running.server.port);
  const lsid = { id: new UUID() };
  await raw.command("test", { insert: "ends", documents: [1, 2, 3].map((_id) => ({ _id })) });
  const { id } = (await raw.command("test", { find: "ends", batchSize: 1, lsid }))["cursor"];
  await raw.command("test", {
    update: "ends",
    updates: [{ q: { _id: 1 }, u: { $set: { a: 1 } } }],
    lsid,
    txnNumber: Long.fromNumber(1),
    autocommit: false,
    startTransaction: true,
  });
  await raw.command("admin", { endSessions: [lsid] });
  expect(await raw.command("test", { getMore: id, collection: "ends" })).toMatchObject({ codeName: "CursorNotFound" });
  expect(
    await raw.command("test", { update: "ends", updates: [{ q: { _id: 1 }, u: { $set: { b: 1 } } }] }),
  ).toMatchObject({ nModified: 1 });
  raw.close();
});

test("has a handler for every command in its table, and each under one name", () => {
  for (const [name, definition] of commandTable) expect([name, typeof definition.run]).toEqual([name, "function"]);
});
