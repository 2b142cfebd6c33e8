import { createHash } from "node:crypto";
import { CallError } from "./call-error";
import type { CallMessage, CallReply } from "./protocol";
import { WorkerSlot, type WorkerSlotDeps } from "./worker-slot";

export interface WorkerPool {
  /** Runs a call on the worker of its caller (`routingKey`), or on the least busy one. Throws: `CallError`. */
  call(message: Omit<CallMessage, "id" | "kind">, routingKey: string | null): Promise<CallReply>;
  /** Lets running calls finish for at most `graceMs`, then ends the workers. New calls are refused from the first moment. */
  close(graceMs: number): Promise<void>;
}

/** A worker with this many calls in flight is busy even when its event loop answers. */
const BUSY_CALLS = 256;
/** As on App Services: more calls at once than this are answered 429. */
const MOST_CALLS = 10_000;
const DRAIN_POLL_MS = 20;

/**
 * Starts the workers and waits until all take calls.
 *
 * Holds: a caller's calls go to one worker (what shared modules keep in memory serves that caller there), and spill to the least busy one
 * when it is busy.
 */
export async function startWorkerPool(deps: WorkerSlotDeps & { readonly workers: number }): Promise<WorkerPool> {
  const slots = Array.from({ length: deps.workers }, () => new WorkerSlot(deps));
  try {
    await Promise.all(slots.map((slot) => slot.whenReady()));
  } catch (error) {
    await Promise.all(slots.map((slot) => slot.close()));
    throw error;
  }
  let nextId = 1;
  let isClosing = false;
  const inFlight = (): number => slots.reduce((sum, slot) => sum + slot.inFlight, 0);
  const isBusy = (slot: WorkerSlot): boolean => slot.isLagging || slot.inFlight >= BUSY_CALLS;
  const choose = (routingKey: string | null): WorkerSlot => {
    const home = routingKey === null ? undefined : slots[stableHash(routingKey) % slots.length];
    if (home !== undefined && !isBusy(home)) return home;
    const [best] = slots.toSorted((a, b) => Number(a.isLagging) - Number(b.isLagging) || a.inFlight - b.inFlight);
    if (best === undefined) throw new CallError("refused", "InternalServerError", "there are no function workers");
    return best;
  };
  return {
    async call(message, routingKey) {
      if (isClosing) throw new CallError("refused", "MaintenanceInProgress", "the runtime is stopping");
      if (inFlight() >= MOST_CALLS) throw new CallError("refused", "TooManyRequests", "too many calls are running");
      const id = nextId;
      nextId += 1;
      return choose(routingKey).call({ kind: "call", id, ...message });
    },
    async close(graceMs) {
      isClosing = true;
      const deadline = Date.now() + graceMs;
      while (inFlight() > 0 && Date.now() < deadline) {
        await new Promise((resolve) => {
          setTimeout(resolve, DRAIN_POLL_MS);
        });
      }
      await Promise.all(slots.map((slot) => slot.close()));
    },
  };
}

function stableHash(text: string): number {
  return createHash("sha1").update(text).digest().readUInt32BE(0);
}
