import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { deserialize, serialize, type Document } from "bson";
import { startMongodb, type Mongodb } from "../../../../platform/mongodb";
import { createSeededRandom, type SeededRandom } from "../../../../scripts/prove/seeded-random";
import { hostileDocument, hostileOperation, hostileValue, nested } from "./hostile-values";

let server: Mongodb;
const seed = Number(process.env["FUZZ_SEED"] ?? 7);
const factor = Number(process.env["FUZZ_FACTOR"] ?? 1);

/** The server warns its operator of whatever it did not foresee; a crash that was only just caught shows here. */
let warned: jest.SpyInstance;

beforeAll(async () => {
  server = await startMongodb({ dataDir: ":memory:" });
});
beforeEach(() => {
  warned = jest.spyOn(process, "emitWarning").mockImplementation(() => undefined);
});
afterEach(() => {
  const warnings = warned.mock.calls.map(([warning]: unknown[]) => (warning as Error).stack);
  warned.mockRestore();
  expect(warnings).toEqual([]);
});
afterAll(() => server.close());

async function dial(): Promise<Socket> {
  const socket = connect(server.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

function message(body: Buffer, { opcode = 2013, flags = 0, length = body.length + 21 } = {}): Buffer {
  const header = Buffer.alloc(21);
  header.writeInt32LE(length, 0);
  header.writeInt32LE(7, 4);
  header.writeInt32LE(opcode, 12);
  header.writeUInt32LE(flags, 16);
  return Buffer.concat([header, body]);
}

const ping = message(Buffer.from(serialize({ ping: 1, $db: "admin" })));

/** Reads a reply as it is: what was stored need not be an expression that JavaScript can compile, or text that is well-formed. */
const read = (bytes: Buffer): Document => deserialize(bytes, { bsonRegExp: true, validation: { utf8: false } });

/** Sends bytes and then a ping, and gives all replies up to the ping's; undefined when the server closed the connection instead. */
async function exchange(bytes: Buffer): Promise<Document[] | undefined> {
  const socket = await dial();
  const replies: Document[] = [];
  let held = Buffer.alloc(0);
  const isPong = (reply: Document): boolean => Object.keys(reply)[0] === "ok" && reply["ok"] === 1;
  const outcome = new Promise<Document[] | undefined>((resolve) => {
    socket.on("data", (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 4 && held.length >= held.readInt32LE(0)) {
        const length = held.readInt32LE(0);
        const start = held.readInt32LE(12) === 1 ? 36 : 21;
        replies.push(read(held.subarray(start, length)));
        held = held.subarray(length);
      }
      const last = replies.at(-1);
      if (last !== undefined && isPong(last)) resolve(replies);
    });
    socket.once("close", () => resolve(undefined));
  });
  // Half of what follows a broken length is taken for its rest: the end of the stream settles it.
  socket.end(Buffer.concat([bytes, ping]));
  const answer = await outcome;
  socket.destroy();
  return answer;
}

/** Runs commands over one connection, and gives their replies in order. */
class Commander {
  private held = Buffer.alloc(0);
  private readonly waiting: ((reply: Document) => void)[] = [];

  constructor(private readonly socket: Socket) {
    socket.on("data", (chunk) => {
      this.held = Buffer.concat([this.held, chunk]);
      while (this.held.length >= 4 && this.held.length >= this.held.readInt32LE(0)) {
        const length = this.held.readInt32LE(0);
        this.waiting.shift()?.(read(this.held.subarray(21, length)));
        this.held = this.held.subarray(length);
      }
    });
    socket.once("close", () => {
      for (const resolve of this.waiting) resolve({ ok: -1, closed: true });
    });
  }

  run(body: Buffer): Promise<Document> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.socket.write(message(body));
    });
  }

  close(): void {
    this.socket.destroy();
  }
}

async function expectAlive(): Promise<void> {
  expect(await exchange(Buffer.alloc(0))).toMatchObject([{ ok: 1 }]);
}

/** An error the server did not foresee is a crash that was only just caught. */
function unforeseen(reply: Document): boolean {
  const errors = [reply, ...(reply["writeErrors"] ?? [])] as Document[];
  return errors.some((error) => error["code"] === 1 || error["closed"] === true);
}

const templates: readonly [Buffer, ...Buffer[]] = [
  ping,
  ...[
    { find: "c", filter: { a: { $in: [1, { b: "x" }] } }, sort: { a: 1 }, limit: 2 },
    { insert: "c", documents: [{ a: [1, { b: 2 }] }, { a: "text" }] },
    { update: "c", updates: [{ q: { a: 1 }, u: { $set: { "a.b": 1 } }, upsert: true }] },
    { aggregate: "c", pipeline: [{ $group: { _id: "$a", n: { $sum: 1 } } }], cursor: {} },
  ].map((command) => message(Buffer.from(serialize({ ...command, $db: "fuzz" })))),
];

function mutated(random: SeededRandom): Buffer {
  const good = random.pick(templates);
  const bytes = Buffer.from(good);
  for (let hits = random.below(5); hits >= 0; hits -= 1) bytes[random.below(bytes.length)] = random.below(256);
  const kind = random.below(4);
  if (kind === 0) return bytes.subarray(0, random.below(bytes.length));
  if (kind === 1) bytes.writeInt32LE(bytes.length, 0);
  if (kind === 2) return Buffer.concat([bytes, bytes.subarray(random.below(bytes.length))]);
  return bytes;
}

function randomFrame(random: SeededRandom): Buffer {
  const body = Buffer.from(Array.from({ length: random.below(300) }, () => random.below(256)));
  const opcode = random.pick([1, 1000, 2001, 2002, 2004, 2005, 2006, 2007, 2010, 2011, 2012, 2013, 2013, 2013, 77]);
  const length = random.below(3) === 0 ? random.below(2 ** 32) | 0 : body.length + 21;
  return message(body, { opcode, flags: random.below(3) === 0 ? random.below(2 ** 32) : 0, length });
}

test("answers or closes on random bytes, mutilated and truncated messages", async () => {
  const random = createSeededRandom(seed);
  for (let round = 0; round < 800 * factor; round += 1) {
    const kind = random.below(3);
    const noise = Buffer.from(Array.from({ length: 1 + random.below(200) }, () => random.below(256)));
    const bytes = kind === 0 ? noise : kind === 1 ? mutated(random) : randomFrame(random);
    const replies = await exchange(bytes);
    const surprising = (replies ?? []).filter(unforeseen);
    expect({ bytes: surprising.length > 0 ? bytes.toString("hex") : "", surprising }).toEqual({
      bytes: "",
      surprising: [],
    });
  }
  await expectAlive();
});

test.each([
  ["15 bytes", 15],
  ["no length at all", 0],
  ["a negative length", -1],
  ["the least length of all", -2_147_483_648],
  ["more than 48 MB", 48_000_001],
  ["2 GB", 2_147_483_647],
])("closes on a message that states %s", async (_, length) => {
  expect(await exchange(message(Buffer.from(serialize({ ping: 1 })), { length }))).toBeUndefined();
  await expectAlive();
});

test.each([250, 5_000, 400_000])("refuses documents nested %i levels deep", async (levels) => {
  for (const name of ["a", "$not", "$and"]) {
    const body = Buffer.from(serialize({ find: "c", filter: {}, $db: "fuzz" }));
    const filter = nested(levels, name);
    // Puts the deep document in the place of the empty filter.
    const at = body.indexOf(Buffer.from("\x03filter\0")) + 8;
    const whole = Buffer.concat([body.subarray(0, at), filter, body.subarray(at + 5)]);
    whole.writeInt32LE(whole.length, 0);
    expect(await exchange(message(whole))).toMatchObject([{ ok: 0 }, { ok: 1 }]);
  }
});

test("refuses an inserted document of more than 16 MB", async () => {
  const document = { _id: 1, text: "x".repeat(17_000_000) };
  const replies = await exchange(message(Buffer.from(serialize({ insert: "c", documents: [document], $db: "fuzz" }))));
  const [reply] = replies ?? [];
  expect(reply?.["code"] ?? reply?.["writeErrors"][0].code).toBe(10334);
});

const hostileBodies: readonly [string, Buffer][] = [
  ["a string that ends past the document", Buffer.from("\x10\0\0\0\x02a\0\xff\0\0\0x\0\0\0\0", "latin1")],
  ["a string of negative length", Buffer.from("\x10\0\0\0\x02a\0\xff\xff\xff\xffx\0\0\0\0", "latin1")],
  ["a binary of negative length", Buffer.from("\x0e\0\0\0\x05a\0\xff\xff\xff\xff\0x\0", "latin1")],
  ["an array longer than its document", Buffer.from("\x0d\0\0\0\x04a\0\x7f\0\0\0\0\0", "latin1")],
  ["an inner document of no length", Buffer.from("\x0d\0\0\0\x03a\0\0\0\0\0\0\0", "latin1")],
  ["a field name without an end", Buffer.from("\x09\0\0\0\x01aaaa", "latin1")],
  ["a boolean that is neither", Buffer.from("\x09\0\0\0\x08a\0\x07\0", "latin1")],
  ["an unknown type", Buffer.from("\x08\0\0\0\x55a\0\0", "latin1")],
  ["the same name twice", Buffer.from("\x0b\0\0\0\x0aa\0\x0aa\0\0", "latin1")],
  ["a scope longer than its code", Buffer.from("\x14\0\0\0\x0fa\0\x7f\0\0\0\x01\0\0\0\0\0\0\0\0\0", "latin1")],
];

test.each(hostileBodies)("refuses a body with %s", async (_, body) => {
  const replies = await exchange(message(body));
  if (replies !== undefined) expect(replies).toMatchObject([{ ok: 0 }, { ok: 1 }]);
  await expectAlive();
});

test("answers an unknown command by its name", async () => {
  const replies = await exchange(message(Buffer.from(serialize({ constructor: 1, $db: "admin" }))));
  expect(replies).toMatchObject([{ ok: 0, code: 59, codeName: "CommandNotFound" }, { ok: 1 }]);
});

const commandNames: readonly [string, ...string[]] = [
  "insert",
  "find",
  "update",
  "delete",
  "findAndModify",
  "count",
  "distinct",
  "aggregate",
  "bulkWrite",
  "getMore",
  "killCursors",
  "explain",
  "create",
  "collMod",
  "drop",
  "renameCollection",
  "createIndexes",
  "dropIndexes",
  "listCollections",
  "listIndexes",
  "listDatabases",
  "collStats",
  "dbStats",
  "commitTransaction",
  "abortTransaction",
  "startSession",
  "endSessions",
  "killSessions",
  "getParameter",
  "getLog",
  "currentOp",
  "toString",
  "__proto__",
];
const argumentNames: readonly [string, ...string[]] = [
  "filter",
  "query",
  "q",
  "u",
  "sort",
  "projection",
  "fields",
  "skip",
  "limit",
  "hint",
  "let",
  "collation",
  "batchSize",
  "maxTimeMS",
  "readConcern",
  "writeConcern",
  "lsid",
  "txnNumber",
  "autocommit",
  "startTransaction",
  "documents",
  "updates",
  "deletes",
  "ops",
  "nsInfo",
  "ordered",
  "update",
  "remove",
  "new",
  "upsert",
  "arrayFilters",
  "key",
  "indexes",
  "validator",
  "pipeline",
  "cursor",
  "cursors",
  "to",
  "to",
  "verbosity",
  "comment",
  "$readPreference",
  "$clusterTime",
];

/** A well-formed message of a known command whose arguments are anything at all. */
function looseCommand(random: SeededRandom): Map<string, unknown> {
  const command = new Map<string, unknown>([
    [random.pick(commandNames), random.below(4) === 0 ? hostileValue(random) : "c"],
  ]);
  for (let count = random.below(6); count > 0; count -= 1) {
    command.set(random.pick(argumentNames), hostileValue(random));
  }
  return command.set("$db", "fuzz");
}

/** A command in the right shape around operators with operands of any kind, which reaches into the evaluation. */
function tightCommand(random: SeededRandom): Map<string, unknown> {
  const one = (): Map<string, unknown> => hostileOperation(random);
  const cursor = new Map();
  const commands: readonly [[string, unknown][], ...[string, unknown][][]] = [
    [
      ["find", "c"],
      ["filter", new Map([["a", one()]])],
    ],
    [
      ["find", "c"],
      ["filter", one()],
      ["projection", new Map([["a", one()]])],
    ],
    [
      ["find", "c"],
      ["filter", new Map([["$expr", one()]])],
    ],
    [
      ["aggregate", "c"],
      ["pipeline", [one(), one()]],
      ["cursor", cursor],
    ],
    [
      ["aggregate", "c"],
      ["pipeline", [new Map([["$project", new Map([["x", one()]])]])]],
      ["cursor", cursor],
    ],
    [
      ["aggregate", "c"],
      [
        "pipeline",
        [
          new Map([
            [
              "$group",
              new Map<string, unknown>([
                ["_id", hostileValue(random)],
                ["x", one()],
              ]),
            ],
          ]),
        ],
      ],
      ["cursor", cursor],
    ],
    [
      ["update", "c"],
      [
        "updates",
        [
          new Map<string, unknown>([
            ["q", hostileDocument(random)],
            ["u", one()],
            ["upsert", true],
          ]),
        ],
      ],
    ],
    [
      ["update", "c"],
      [
        "updates",
        [
          new Map<string, unknown>([
            ["q", new Map()],
            ["u", new Map([[one().keys().next().value, hostileDocument(random)]])],
          ]),
        ],
      ],
    ],
    [
      ["update", "c"],
      [
        "updates",
        [
          new Map<string, unknown>([
            ["q", new Map()],
            ["u", [one()]],
            ["multi", true],
          ]),
        ],
      ],
    ],
    [
      ["create", "v"],
      ["validator", new Map([["$jsonSchema", hostileDocument(random)]])],
    ],
  ];
  return new Map([...random.pick(commands), ["$db", "fuzz"], ["maxTimeMS", 2000]]);
}

const seeds = [
  { a: 1, b: "x" },
  { a: [1, { b: 2 }, [3]], b: new Date(0) },
  { a: { b: [{ c: 1 }, null] } },
  { a: null },
];

async function runCommands(random: SeededRandom, rounds: number): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  let commander = new Commander(await dial());
  for (let round = 0; round < rounds; round += 1) {
    if (round % 200 === 0) {
      commander.close();
      commander = new Commander(await dial());
      await commander.run(Buffer.from(serialize({ dropDatabase: 1, $db: "fuzz" })));
      await commander.run(Buffer.from(serialize({ insert: "c", documents: seeds, $db: "fuzz" })));
    }
    const command = random.below(2) === 0 ? looseCommand(random) : tightCommand(random);
    const reply = await commander.run(Buffer.from(serialize(command as unknown as Document)));
    if (unforeseen(reply)) found.set(String(reply["errmsg"] ?? "closed"), JSON.stringify(plain(command)));
    if (reply["closed"] === true) commander = new Commander(await dial());
  }
  commander.close();
  return found;
}

function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([name, field]) => [name, plain(field)]));
  return Array.isArray(value) ? value.map(plain) : value;
}

test(
  "foresees every argument of every command",
  async () => {
    const found = await runCommands(createSeededRandom(seed + 1), 6_000 * factor);
    expect(Object.fromEntries(found)).toEqual({});
    await expectAlive();
  },
  60_000 * Math.max(1, factor),
);

function usedHeap(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

async function halfOpen(random: SeededRandom): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: 20 }, dial));
  for (const socket of sockets) {
    const good = random.pick(templates);
    socket.write(good.subarray(0, random.below(good.length)));
    // A message that announces much and brings little must not be given its room beforehand.
    if (random.below(2) === 0) socket.write(message(Buffer.alloc(100), { length: 40_000_000 }));
  }
  const closed = sockets.map((socket) => once(socket, "close"));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
}

test("keeps no memory for connections and commands that came to nothing", async () => {
  const random = createSeededRandom(seed + 2);
  const round = async (): Promise<void> => {
    for (let count = 0; count < 10; count += 1) await halfOpen(random);
    for (let count = 0; count < 100; count += 1) await exchange(mutated(random));
    await runCommands(random, 400);
    const socket = new Commander(await dial());
    await socket.run(Buffer.from(serialize({ dropDatabase: 1, $db: "fuzz" })));
    socket.close();
  };
  for (let warm = 0; warm < 3; warm += 1) await round();
  const before = usedHeap();
  for (let count = 0; count < 5; count += 1) await round();
  expect(usedHeap() - before).toBeLessThan(4_000_000);
}, 60_000);
