import { createClock } from "../../../../platform/app-services/clock";
import { CallError } from "../../../../platform/app-services/functions/call-error";
import type { FromWorker } from "../../../../platform/app-services/functions/protocol";
import { startWorkerPool, type WorkerPool } from "../../../../platform/app-services/functions/worker-pool";
import { workerSetup } from "../../../../platform/app-services/functions/worker-setup";
import { loadTree } from "../../../../platform/app-services/tree/load-tree";
import { FIXTURE, SECRETS } from "../runtime-under-test";

const NO_DATABASE = "mongodb://127.0.0.1:1";
const TIME_LIMIT_MS = 3_000;

describe("worker pool", () => {
  let pool: WorkerPool;
  const clock = createClock();
  const replaced: string[] = [];
  const printed: Extract<FromWorker, { kind: "console" }>[] = [];

  beforeAll(async () => {
    pool = await startWorkerPool({
      setup: workerSetup({ tree: loadTree({ dir: FIXTURE, secrets: SECRETS }), mongodbUri: NO_DATABASE, clock }),
      workers: 2,
      limits: { timeLimitMs: TIME_LIMIT_MS, memoryLimitMb: 64 },
      onConsole: (line) => printed.push(line),
      onReplaced: (reason) => replaced.push(reason),
    });
  });
  afterAll(() => pool.close(1_000));

  async function call(name: string, args: readonly unknown[] = [], caller = "somebody"): Promise<unknown> {
    const reply = await pool.call(
      {
        requestId: "request",
        functionName: name,
        callerEjson: JSON.stringify({ id: caller, type: "normal", data: {}, custom_data: {}, identities: [] }),
        asSystem: false,
        request: { requestHeaders: {} },
        input: { kind: "arguments", ejson: JSON.stringify(args) },
      },
      caller,
    );
    if (reply.kind !== "result") throw new Error("not a result");
    return JSON.parse(reply.ejson);
  }

  test("functions see nothing of the host's environment, and only the modules they may use", async () => {
    await expect(call("surroundings")).resolves.toMatchObject({
      env: { $numberInt: "0" },
      globalEnv: { $numberInt: "0" },
      realEnv: { $numberInt: "0" },
      refused: 'Module "child_process" is not available in functions (called: execSync)',
      sameHash: true,
      greeting: "hello Ada, please",
      canonical: '{"n":{"$numberInt":"1"}}',
      dateOk: true,
    });
  });

  test("a function's own variables start anew with each call, while required modules stay warm for their caller", async () => {
    const results = [];
    for (let index = 0; index < 3; index += 1) results.push(await call("remember", [], "one caller"));
    expect(results).toEqual(
      [1, 2, 3].map((warm) => ({ own: { $numberInt: "1" }, warm: { $numberInt: String(warm) } })),
    );
  });

  test("functions and their modules read the clock of the runtime, and dates of theirs are real dates", async () => {
    const instants = new BigInt64Array(clock.cell);
    Atomics.store(instants, 0, BigInt(Date.UTC(2031, 0, 1)));
    try {
      await expect(call("now")).resolves.toEqual({
        date: { $date: { $numberLong: String(Date.UTC(2031, 0, 1)) } },
        number: { $numberLong: String(Date.UTC(2031, 0, 1)) },
        module: { $date: { $numberLong: String(Date.UTC(2031, 0, 1)) } },
        given: { $date: { $numberLong: "0" } },
        isDate: true,
      });
    } finally {
      Atomics.store(instants, 0, 0n);
    }
  });

  test("a slow call does not hold up others on the same worker", async () => {
    const order: string[] = [];
    await Promise.all([
      call("waitFor", [300]).then(() => order.push("slow")),
      call("echo", ["x"]).then(() => order.push("quick")),
    ]);
    expect(order).toEqual(["quick", "slow"]);
  });

  test("a call over the time limit is ended by name while its worker goes on", async () => {
    const before = replaced.length;
    await expect(call("waitFor", [60_000])).rejects.toMatchObject({
      kind: "timeout",
      code: "ExecutionTimeLimitExceeded",
    });
    await expect(call("echo", ["still here"])).resolves.toBe("still here");
    expect(replaced).toHaveLength(before);
  });

  test("a crash fails the calls of its worker truthfully and the worker is replaced", async () => {
    const bystander = call("waitFor", [500], "crasher");
    const crash = call("crash", [], "crasher");
    await expect(crash).rejects.toMatchObject({
      kind: "lost",
      message: expect.stringContaining("whether the call took effect is unknown"),
    });
    await expect(bystander).rejects.toBeInstanceOf(CallError);
    expect(replaced).toContain("out of the blue");
    await expect(call("echo", ["again"], "crasher")).resolves.toBe("again");
  });

  test("a loop that never yields is ended with its worker, and later calls wait for the replacement", async () => {
    const before = replaced.length;
    await expect(call("spin", [], "spinner")).rejects.toMatchObject({ code: "ExecutionTimeLimitExceeded" });
    await expect(call("echo", ["after"], "spinner")).resolves.toBe("after");
    expect(replaced).toHaveLength(before + 1);
  });

  test("a function that takes too much memory loses its worker, not the process", async () => {
    await expect(call("hoard", [], "hoarder")).rejects.toMatchObject({ kind: "lost" });
    await expect(call("echo", ["after"], "hoarder")).resolves.toBe("after");
  });

  test("what functions print names the function and the request", async () => {
    await expect(call("fail", ["text"])).rejects.toMatchObject({ message: "plain text" });
    expect(printed).toContainEqual(
      expect.objectContaining({ functionName: "fail", requestId: "request", level: "info" }),
    );
  });

  test("a function with the caller's rights is refused its database by name, since there are no rules yet", async () => {
    await expect(call("asCaller")).rejects.toMatchObject({ message: expect.stringContaining("RulesNotSupported") });
  });
});
