import { connect, type Socket } from "node:net";
import { deserialize, serialize } from "bson";
import { startMongodb, type Mongodb } from "../../../../platform/mongodb";

let server: Mongodb;
beforeAll(async () => {
  server = await startMongodb({ dataDir: ":memory:" });
});
afterAll(() => server.close());

function dial(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => resolve(socket));
    socket.once("error", reject);
  });
}

function closed(socket: Socket): Promise<void> {
  socket.resume();
  socket.on("error", () => undefined);
  return new Promise((resolve) => socket.once("close", () => resolve()));
}

function frame(opcode: number, body: Buffer, length = body.length + 16): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(length, 0);
  header.writeInt32LE(7, 4);
  header.writeInt32LE(opcode, 12);
  return Buffer.concat([header, body]);
}

function opMessage(command: object, flags = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32LE(flags, 0);
  return frame(2013, Buffer.concat([prefix, serialize(command)]));
}

function nextMessage(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => {
    let held = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      held = Buffer.concat([held, chunk]);
      if (held.length < 4 || held.length < held.readInt32LE(0)) return;
      socket.off("data", take);
      resolve(held);
    };
    socket.on("data", take);
  });
}

test("answers the legacy hello that every driver starts with", async () => {
  const socket = await dial();
  const body = Buffer.concat([
    Buffer.alloc(4),
    Buffer.from("admin.$cmd\0"),
    Buffer.alloc(8, 0xff),
    serialize({ ismaster: 1, helloOk: true }),
  ]);
  socket.write(frame(2004, body));
  const message = await nextMessage(socket);
  expect(message.readInt32LE(12)).toBe(1);
  expect(message.readInt32LE(8)).toBe(7);
  const document = deserialize(message.subarray(36));
  expect(document).toMatchObject({ ok: 1, ismaster: true, helloOk: true, setName: "rs0", maxWireVersion: 25 });
  expect(document["hosts"]).toEqual([`127.0.0.1:${server.port}`]);
  socket.destroy();
});

test("answers a message that arrives byte by byte, and two that arrive at once in order", async () => {
  const socket = await dial();
  for (const byte of opMessage({ ping: 1, $db: "admin" })) socket.write(Buffer.from([byte]));
  expect(deserialize((await nextMessage(socket)).subarray(21))["ok"]).toBe(1);
  socket.write(Buffer.concat([opMessage({ buildInfo: 1, $db: "admin" }), opMessage({ ping: 1, $db: "admin" })]));
  const first = await nextMessage(socket);
  expect(deserialize(first.subarray(21, 16 + 5 + first.readInt32LE(21)))["version"]).toBe("8.0.17");
  socket.destroy();
});

test("sends nothing for a message with moreToCome, and goes on serving", async () => {
  const socket = await dial();
  socket.write(opMessage({ endSessions: [], $db: "admin" }, 2));
  socket.write(opMessage({ nonsense: 1, $db: "admin" }));
  const answer = deserialize((await nextMessage(socket)).subarray(21));
  expect(answer).toMatchObject({ ok: 0, code: 59, codeName: "CommandNotFound" });
  socket.destroy();
});

test("gives every reply an operationTime and a $clusterTime", async () => {
  const socket = await dial();
  socket.write(opMessage({ ping: 1, $db: "admin" }));
  const answer = deserialize((await nextMessage(socket)).subarray(21));
  expect(answer["operationTime"]._bsontype).toBe("Timestamp");
  expect(answer["$clusterTime"].signature.hash.length()).toBe(20);
  socket.destroy();
});

const broken: [string, Buffer][] = [
  ["a length below the header", frame(2013, Buffer.alloc(8), 3)],
  ["a length above the limit", frame(2013, Buffer.alloc(8), 48_000_001)],
  ["a negative length", frame(2013, Buffer.alloc(8), -5)],
  ["an unknown opcode", frame(9999, Buffer.alloc(8))],
  ["a compressed message", frame(2012, Buffer.alloc(16))],
  ["unknown required flags", opMessage({ ping: 1, $db: "admin" }, 4)],
  ["a section of an unknown kind", frame(2013, Buffer.from([0, 0, 0, 0, 9, 5, 0, 0, 0, 0]))],
  ["a document that runs past the message", frame(2013, Buffer.from([0, 0, 0, 0, 0, 99, 0, 0, 0, 0]))],
  ["no body", frame(2013, Buffer.alloc(4))],
  [
    "an OP_QUERY on a collection",
    frame(2004, Buffer.concat([Buffer.alloc(4), Buffer.from("a.b\0"), Buffer.alloc(8), serialize({})])),
  ],
];

test.each(broken)("closes the connection on %s", async (_, bytes) => {
  const socket = await dial();
  socket.write(bytes);
  await closed(socket);
});

test("answers an error for a body that is no BSON, and goes on serving", async () => {
  const socket = await dial();
  const body = serialize({ ping: 1, $db: "admin" });
  body[4] = 0x77;
  socket.write(frame(2013, Buffer.concat([Buffer.alloc(5), body])));
  const answer = deserialize((await nextMessage(socket)).subarray(21));
  expect(answer).toMatchObject({ ok: 0, codeName: "InvalidBSON" });
  socket.write(opMessage({ ping: 1, $db: "admin" }));
  expect(deserialize((await nextMessage(socket)).subarray(21))["ok"]).toBe(1);
  socket.destroy();
});

test("survives random bytes and mutilated messages", async () => {
  let seed = 42;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
    return seed % below;
  };
  const good = opMessage({ find: "c", filter: { a: { $in: [1, 2, { b: "x" }] } }, $db: "test" });
  for (let round = 0; round < 300; round += 1) {
    const socket = await dial();
    socket.on("error", () => undefined);
    const bytes = Buffer.from(round % 3 === 0 ? Buffer.alloc(1 + random(200)) : good);
    for (let hit = 0; hit < 1 + random(4); hit += 1) bytes[16 + random(Math.max(1, bytes.length - 16))] = random(256);
    socket.end(bytes);
    await closed(socket);
  }
  const socket = await dial();
  socket.write(opMessage({ ping: 1, $db: "admin" }));
  expect(deserialize((await nextMessage(socket)).subarray(21))["ok"]).toBe(1);
  socket.destroy();
});

test("closes open connections when the server closes", async () => {
  const other = await startMongodb({ dataDir: ":memory:" });
  const socket = await new Promise<Socket>((resolve) => {
    const dialled = connect(other.port, "127.0.0.1", () => resolve(dialled));
  });
  const gone = closed(socket);
  await other.close();
  await gone;
});
