import { setTimeout as delay } from "node:timers/promises";

/** Waits, but no longer than until the signal; never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    // Aborted: the caller looks at the signal next.
  }
}
