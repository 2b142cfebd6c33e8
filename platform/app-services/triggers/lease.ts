import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { Log } from "../log";
import { describeError } from "../log";
import { isDuplicateKey, type LeaseDoc, type Store } from "../store/store";

/** The right to run one trigger, held by one runtime at a time. */
export interface Lease {
  /** Rises with each new holder; writes of an older holder are refused by it. */
  readonly token: number;
  /** Aborted when the lease was lost or given back. */
  readonly ended: AbortSignal;
  release(): Promise<void>;
}

export interface Leases {
  /** Answers null while another living runtime holds it. */
  tryAcquire(id: string): Promise<Lease | null>;
  readonly leaseMs: number;
}

const RELEASE_TIMEOUT_MS = 1_000;

/** Tells runtimes of one process apart from those of a dead process that had the same id. */
const PROCESS_MARK = randomUUID();

/**
 * Creates the leases of one runtime.
 *
 * Holds: a lease not renewed for `leaseMs` can be taken over; one whose process is known to be dead at once, so that a restart after a
 * crash does not wait.
 */
export function createLeases(deps: { readonly store: Store; readonly leaseMs: number; readonly log: Log }): Leases {
  const { store, leaseMs, log } = deps;
  const holder = `${PROCESS_MARK}:${randomUUID()}`;
  const machine = machineMark();
  const expiry = (): Date => new Date(Date.now() + leaseMs);

  const take = async (id: string, isTakeover: Record<string, unknown>): Promise<number | null> => {
    try {
      const taken = await store.leases.findOneAndUpdate(
        { _id: id, ...isTakeover },
        { $set: { holder, machine, processId: process.pid, expiresAt: expiry() }, $inc: { token: 1 } },
        { upsert: true, returnDocument: "after" },
      );
      return taken?.token ?? null;
    } catch (error) {
      // The document exists and did not match: somebody else holds the lease.
      if (isDuplicateKey(error)) return null;
      throw error;
    }
  };

  return {
    leaseMs,
    async tryAcquire(id) {
      let token = await take(id, { expiresAt: { $lte: new Date() } });
      if (token === null) {
        const current = await store.leases.findOne({ _id: id });
        if (current !== null && isHolderDead(current, machine)) {
          token = await take(id, { holder: current.holder, token: current.token });
        }
      }
      return token === null ? null : hold({ store, log, id, token, holder, expiry, leaseMs });
    },
  };
}

interface HoldInput {
  readonly store: Store;
  readonly log: Log;
  readonly id: string;
  readonly token: number;
  readonly holder: string;
  readonly expiry: () => Date;
  readonly leaseMs: number;
}

function hold(input: HoldInput): Lease {
  const { store, log, id, token, holder, leaseMs } = input;
  const ended = new AbortController();
  const own = { _id: id, holder, token };
  let renewedAt = Date.now();
  const renew = async (): Promise<void> => {
    try {
      const sentAt = Date.now();
      const { matchedCount } = await store.leases.updateOne(own, { $set: { expiresAt: input.expiry() } });
      if (matchedCount === 1) renewedAt = sentAt;
      else ended.abort();
    } catch (error) {
      log.write("warn", "trigger.lease_not_renewed", { lease: id, error: describeError(error) });
    }
    // Without an answer for the whole term somebody else may hold it by now.
    if (Date.now() - renewedAt >= leaseMs) ended.abort();
  };
  const timer = setInterval(() => void renew(), leaseMs / 3);
  timer.unref();
  ended.signal.addEventListener("abort", () => clearInterval(timer));
  return {
    token,
    ended: ended.signal,
    async release() {
      ended.abort();
      // Best effort: a lease that cannot be given back runs out.
      await store.leases
        .updateOne(own, { $set: { expiresAt: new Date(0) } }, { timeoutMS: RELEASE_TIMEOUT_MS })
        .catch(() => {});
    },
  };
}

function isHolderDead(lease: LeaseDoc, machine: string): boolean {
  if (machine === "" || lease.machine !== machine) return false;
  if (lease.processId === process.pid) return !lease.holder.startsWith(`${PROCESS_MARK}:`);
  try {
    process.kill(lease.processId, 0);
    return false;
  } catch (error) {
    return typeof error === "object" && error !== null && "code" in error && error.code === "ESRCH";
  }
}

/** Names the machine so exactly that a process id means something; empty where that cannot be known. */
function machineMark(): string {
  if (process.platform !== "linux") return process.platform === "darwin" ? `darwin:${hostname()}` : "";
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${hostname()}:${boot}:${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return "";
  }
}
