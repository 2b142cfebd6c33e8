import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { CallError } from "./call-error";
import type { CallMessage, CallReply, FromWorker, ToWorker, WorkerSetup } from "./protocol";

export interface WorkerLimits {
  /** Longest a call may take. */
  readonly timeLimitMs: number;
  readonly memoryLimitMb: number;
}

export interface WorkerSlotDeps {
  readonly setup: WorkerSetup;
  readonly limits: WorkerLimits;
  readonly onConsole: (line: Extract<FromWorker, { readonly kind: "console" }>) => void;
  readonly onReplaced: (reason: string) => void;
}

interface PendingCall {
  readonly resolve: (reply: CallReply) => void;
  readonly reject: (error: CallError) => void;
  readonly timer: NodeJS.Timeout;
}

const WORKER_FILE = join(__dirname, "worker", "worker.ts");
const FASTEST_PING_MS = 20;
const SLOWEST_PING_MS = 500;
const LAG_MS = 500;
/** A worker that dies before it is ready waits this long for its replacement, doubled each time, so that a broken host is not hammered. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
const CLOSE_GRACE_MS = 1_000;

/**
 * One place in the pool, with the worker thread that currently fills it.
 *
 * Holds: the thread is replaced when it crashes, runs out of memory, or its event loop stands still beyond the time limit of a call; the
 * calls it had are then failed, saying that their effect is unknown.
 */
export class WorkerSlot {
  private worker: Worker | null = null;
  private readonly pending = new Map<number, PendingCall>();
  private ready: Promise<void> = Promise.resolve();
  private lastPongAt = 0;
  private readonly pinger: NodeJS.Timeout;
  private isClosing = false;
  private failedStarts = 0;

  constructor(private readonly deps: WorkerSlotDeps) {
    const interval = Math.min(SLOWEST_PING_MS, Math.max(FASTEST_PING_MS, deps.limits.timeLimitMs / 10));
    this.pinger = setInterval(() => this.send({ kind: "ping" }), interval);
    this.pinger.unref();
    this.start();
  }

  get inFlight(): number {
    return this.pending.size;
  }

  /** True while the event loop of the worker does not answer in time; new calls had better go elsewhere. */
  get isLagging(): boolean {
    return this.pending.size > 0 && Date.now() - this.lastPongAt > LAG_MS + SLOWEST_PING_MS;
  }

  /** Resolves when the current thread takes calls. */
  whenReady(): Promise<void> {
    return this.ready;
  }

  /** Runs a call. Throws: `CallError`. */
  async call(message: CallMessage): Promise<CallReply> {
    await this.ready;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.onTimeout(message.id), this.deps.limits.timeLimitMs);
      this.pending.set(message.id, { resolve, reject, timer });
      this.send(message);
    });
  }

  async close(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.pinger);
    const { worker } = this;
    if (worker === null) return;
    const exited = new Promise<void>((resolve) => {
      worker.once("exit", () => resolve());
    });
    this.send({ kind: "close" });
    const force = setTimeout(() => void worker.terminate(), CLOSE_GRACE_MS);
    await exited;
    clearTimeout(force);
  }

  private start(): void {
    const worker = new Worker(WORKER_FILE, {
      workerData: this.deps.setup,
      execArgv: ["--require", require.resolve("tsx/cjs")],
      // An empty environment: functions must not read the secrets of the host through any door.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.deps.limits.memoryLimitMb },
    });
    this.worker = worker;
    this.lastPongAt = Date.now();
    let cause = "exit";
    this.ready = new Promise((resolve, reject) => {
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "ready") {
          this.failedStarts = 0;
          this.lastPongAt = Date.now();
          resolve();
        } else this.onMessage(message);
      });
      worker.on("error", (error) => {
        cause = error.message;
      });
      worker.once("exit", () => {
        reject(new CallError("refused", "InternalServerError", `the function worker did not start: ${cause}`));
        this.onExit(cause);
      });
    });
    // Callers that wait on it see the rejection; without any, it must not end the process.
    this.ready.catch(() => {});
  }

  private onMessage(message: Exclude<FromWorker, { readonly kind: "ready" }>): void {
    switch (message.kind) {
      case "pong":
        this.lastPongAt = Date.now();
        return;
      case "console":
        this.deps.onConsole(message);
        return;
      case "done":
        this.take(message.id)?.resolve(message.reply);
        return;
      case "failed": {
        const { code, message: text, stack } = message.failure;
        this.take(message.id)?.reject(new CallError("thrown", code, text, stack));
      }
    }
  }

  private take(id: number): PendingCall | undefined {
    const call = this.pending.get(id);
    if (call !== undefined) clearTimeout(call.timer);
    this.pending.delete(id);
    return call;
  }

  private onTimeout(id: number): void {
    this.take(id)?.reject(new CallError("timeout", "ExecutionTimeLimitExceeded", "execution time limit exceeded"));
    // A call that waits can be left alone; a loop that never yields takes every other call of this worker with it.
    const isStuck = Date.now() - this.lastPongAt > this.deps.limits.timeLimitMs / 2;
    if (isStuck) this.replaceStuckWorker();
  }

  private replaceStuckWorker(): void {
    const { worker } = this;
    if (worker === null) return;
    // Until the replacement is up, new calls must wait rather than be handed to a thread that is being ended.
    this.ready = new Promise<void>((resolve) => {
      worker.once("exit", () => resolve());
    }).then(() => {
      if (this.isClosing) throw stopping();
      return this.ready;
    });
    this.ready.catch(() => {});
    void worker.terminate();
  }

  private onExit(cause: string): void {
    this.worker = null;
    const error = (): CallError =>
      new CallError(
        "lost",
        "FunctionExecutionError",
        "the function worker ended while this call ran; whether the call took effect is unknown",
      );
    for (const id of this.pending.keys()) this.take(id)?.reject(error());
    if (this.isClosing) return;
    this.deps.onReplaced(cause);
    this.failedStarts += 1;
    if (this.failedStarts === 1) {
      this.start();
      return;
    }
    const delay = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.failedStarts - 2));
    this.ready = new Promise<void>((resolve) => {
      setTimeout(resolve, delay).unref();
    }).then(() => {
      if (this.isClosing) throw stopping();
      this.start();
      return this.ready;
    });
    this.ready.catch(() => {});
  }

  private send(message: ToWorker): void {
    this.worker?.postMessage(message);
  }
}

function stopping(): CallError {
  return new CallError("refused", "MaintenanceInProgress", "the runtime is stopping");
}
