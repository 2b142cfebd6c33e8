import type { Store } from "../store/store";

/** Resolves when something has become durable, when the time is up, or when the signal aborts. */
export function waitForCommit(store: Store, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      forget();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, timeoutMs);
    const forget = store.flusher.onFlush(done);
    signal.addEventListener("abort", done);
  });
}
