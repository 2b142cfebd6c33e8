import { describeError, type Log } from "../log";
import type { Lease, Leases } from "./lease";
import { pause } from "./pause";

export interface TriggerLoopInput {
  readonly id: string;
  readonly leases: Leases;
  readonly log: Log;
  /** Aborted when the runtime stops. */
  readonly closing: AbortSignal;
  /** Runs the trigger until the signal; returns early or throws to be started again. `onWatching` is called once it misses nothing any more. */
  readonly run: (lease: Lease, until: AbortSignal, onWatching: () => void) => Promise<void>;
}

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/** A trigger that runs by itself until it is told to stop. */
export interface TriggerLoop {
  /** Resolves when the trigger misses nothing any more, or another runtime holds it. */
  readonly started: Promise<void>;
  /** Resolves when the running function has ended and the lease is given back. */
  readonly ended: Promise<void>;
}

/** Keeps a trigger running whenever this runtime holds its lease; failures back off and start again. */
export function startTriggerLoop(input: TriggerLoopInput): TriggerLoop {
  let markStarted = (): void => {};
  const started = new Promise<void>((resolve) => {
    markStarted = resolve;
  });
  return { started, ended: keepRunning(input, markStarted) };
}

async function keepRunning(input: TriggerLoopInput, markStarted: () => void): Promise<void> {
  const { id, leases, log, closing } = input;
  let backoffMs = FIRST_BACKOFF_MS;
  while (!closing.aborted) {
    let lease: Lease | null = null;
    try {
      lease = await leases.tryAcquire(id);
      if (lease === null) {
        markStarted();
        await pause(leases.leaseMs / 3, closing);
        continue;
      }
      log.write("info", "trigger.running", { trigger: id, token: lease.token });
      await input.run(lease, AbortSignal.any([closing, lease.ended]), () => {
        backoffMs = FIRST_BACKOFF_MS;
        markStarted();
      });
    } catch (error) {
      // Reads in hand are aborted by the stop itself.
      if (closing.aborted) break;
      log.write("error", "trigger.interrupted", { trigger: id, error: describeError(error), retryMs: backoffMs });
      markStarted();
      await pause(backoffMs, closing);
      backoffMs = Math.min(LONGEST_BACKOFF_MS, backoffMs * 2);
    } finally {
      await lease?.release();
    }
  }
  markStarted();
}
