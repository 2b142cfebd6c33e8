import { setTimeout as delay } from "node:timers/promises";

/** Waits, but no longer than until the signal; never throws. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    // Aborted: the caller looks at the signal next.
  }
}

/**
 * Waits for a promise, but no longer than until the signal; then answers null and leaves the promise to itself.
 *
 * Holds: nothing of a finished wait stays on the signal, which lives as long as the runtime.
 */
export function unlessAborted<T>(waiting: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve(null);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    waiting.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Waits for the signal. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
