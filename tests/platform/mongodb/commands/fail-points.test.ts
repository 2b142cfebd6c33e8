import { MongoServerError, type Document } from "mongodb";
import { RawClient } from "../raw-client";
import { errorOf, startServer, type Row, type StartedServer } from "../started-server";

let running: StartedServer;
beforeEach(async () => {
  running = await startServer(":memory:", { monitorCommands: true });
});
afterEach(() => running.close());

function docs() {
  return running.db.collection<Row>("docs");
}

function failPoint(name: string, mode: unknown, data: Document): Promise<Document> {
  return running.client.db("admin").command({ configureFailPoint: name, mode, data });
}

function commandsSent(): string[] {
  const names: string[] = [];
  running.client.on("commandStarted", (event) => names.push(event.commandName));
  return names;
}

test("fails a command as often as asked, with the name of the code, and only that command", async () => {
  await failPoint("failCommand", { times: 2 }, { failCommands: ["count"], errorCode: 11601 });
  expect(await docs().findOne()).toBeNull();
  const error = await errorOf(docs().estimatedDocumentCount());
  expect(error).toMatchObject({ code: 11601, codeName: "Interrupted" });
  expect((error as unknown as MongoServerError).errorLabels).toEqual([]);
  await errorOf(docs().estimatedDocumentCount());
  expect(await docs().estimatedDocumentCount()).toBe(0);
});

test("labels a retryable write's error, so that the driver repeats it and the write happens once", async () => {
  await failPoint("failCommand", { times: 1 }, { failCommands: ["update"], errorCode: 189 });
  await docs().insertOne({ _id: 1, n: 0 });
  const sent = commandsSent();
  await docs().updateOne({ _id: 1 }, { $inc: { n: 1 } });
  expect(sent).toEqual(["update", "update"]);
  expect(await docs().findOne()).toEqual({ _id: 1, n: 1 });
});

test("uses exactly the labels it is given, none included", async () => {
  await failPoint("failCommand", { times: 1 }, { failCommands: ["insert"], errorCode: 189, errorLabels: [] });
  const error = await errorOf(docs().insertOne({ _id: 1 }));
  expect((error as unknown as MongoServerError).errorLabels).toEqual([]);
});

test("drops the connection without an answer, and the repeated write is not done twice", async () => {
  await docs().insertOne({ _id: 1, n: 0 });
  await failPoint("onPrimaryTransactionalWrite", { times: 1 }, {});
  await docs().updateOne({ _id: 1 }, { $inc: { n: 1 } });
  expect(await docs().findOne()).toEqual({ _id: 1, n: 1 });
  await failPoint("failCommand", { times: 1 }, { failCommands: ["insert"], closeConnection: true });
  await docs().insertOne({ _id: 2 });
  expect(await docs().countDocuments()).toBe(2);
});

test("runs the command and attaches a write concern error", async () => {
  const writeConcernError = { code: 64, errmsg: "waiting" };
  await failPoint("failCommand", { times: 1 }, { failCommands: ["insert"], writeConcernError });
  const error = await errorOf(docs().insertOne({ _id: 1 }));
  expect(error).toMatchObject({ code: 64 });
  expect(await docs().countDocuments()).toBe(1);
});

test("blocks a command for the time it is told, and only for the application it names", async () => {
  await failPoint("failCommand", "alwaysOn", {
    failCommands: ["ping"],
    blockConnection: true,
    blockTimeMS: 60,
    appName: "slow",
  });
  const slow = await RawClient.dial(running.server.port);
  await slow.command("admin", { hello: 1, client: { application: { name: "slow" } } });
  const started = performance.now();
  await running.db.command({ ping: 1 });
  expect(performance.now() - started).toBeLessThan(55);
  await slow.command("admin", { ping: 1 });
  expect(performance.now() - started).toBeGreaterThanOrEqual(55);
  slow.close();
  await failPoint("failCommand", "off", {});
});

test("fails a getMore with the label that lets a change stream go on", async () => {
  const stream = docs().watch([], { maxAwaitTimeMS: 20 });
  await stream.tryNext();
  await failPoint("failGetMoreAfterCursorCheckout", { times: 1 }, { errorCode: 10107, closeConnection: false });
  await docs().insertOne({ _id: 1 });
  expect(await stream.next()).toMatchObject({ operationType: "insert" });
  await stream.close();
});

test("refuses a fail point it does not have, and lets one be switched off that was never on", async () => {
  expect(await errorOf(failPoint("noSuch", "alwaysOn", {}))).toMatchObject({ codeName: "NotImplemented" });
  expect(await failPoint("noSuch", "off", {})).toMatchObject({ ok: 1 });
});
