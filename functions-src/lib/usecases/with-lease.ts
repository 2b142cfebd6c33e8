import type { Deps } from "./deps";

/** How long a lease lasts, and how often it is renewed while the work goes on. */
const LEASE = { holdMs: 30_000, renewMs: 10_000 } as const;

/**
 * Runs work that only one process should do at a time. The work asks `stillOurs` between its steps and stops when the lease
 * was lost, for example after a long pause of the process; what it did until then is keyed, so another may do it again.
 * Answers whether the work ran to its end.
 */
export async function withLease(
  deps: Pick<Deps, "leases" | "timing" | "log">,
  name: string,
  work: (stillOurs: () => Promise<boolean>) => Promise<void>,
): Promise<boolean> {
  const fence = await deps.leases.acquire(name, deps.timing.randomId(), LEASE.holdMs);
  if (fence === null) return false;
  let renewedMs = deps.timing.elapsedMs();
  let ours = true;
  const stillOurs = async (): Promise<boolean> => {
    if (ours && deps.timing.elapsedMs() - renewedMs >= LEASE.renewMs) {
      ours = await deps.leases.renew(name, fence, LEASE.holdMs);
      renewedMs = deps.timing.elapsedMs();
      if (!ours) deps.log.info("lease_lost", { lease: name, fence });
    }
    return ours;
  };
  try {
    await work(stillOurs);
    return ours;
  } finally {
    await deps.leases.release(name, fence);
  }
}
