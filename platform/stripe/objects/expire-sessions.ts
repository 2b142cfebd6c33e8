import { expireSession } from "./settle-session";
import type { Clock } from "../core/clock";
import type { Store } from "../core/store";

const EVERY_MS = 1000;

/** What expiry works on. */
export interface Expiry {
  readonly store: Store;
  readonly clock: Clock;
  readonly committed: () => void;
  readonly log: (line: string) => void;
}

/** Expires checkout sessions whose time is over, as time passes. Answers what stops it. */
export function expireSessionsOnTime({ store, clock, committed, log }: Expiry): () => void {
  const run = (): void => {
    const now = clock.nowSeconds();
    const due = [...store.values("checkout.session")].filter(
      (session) => session.status === "open" && session.expires_at <= now,
    );
    if (due.length === 0) return;
    try {
      store.atomically(null, (tx) => {
        for (const { id } of due) expireSession(tx, id);
      });
    } catch (error) {
      // A full disk must not end the simulator; the next second tries again.
      log(`${due.length} checkout sessions could not be expired: ${String(error)}`);
    }
    committed();
  };
  run();
  const timer = setInterval(run, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
