import { expireSession } from "./settle-session";
import type { AccountClock } from "../core/clock";
import type { Store } from "../core/store";

const EVERY_MS = 1000;

/** What expiry works on. */
export interface Expiry {
  readonly store: Store;
  readonly clock: AccountClock;
  readonly committed: () => void;
  readonly log: (line: string) => void;
}

/** Ends checkout sessions whose time is over. */
export interface SessionExpiry {
  /** Expires what fell due, in order of time. */
  runDue(): void;
  stop(): void;
}

/** Expires checkout sessions as time passes, until it is stopped. */
export function expireSessionsOnTime({ store, clock, committed, log }: Expiry): SessionExpiry {
  const runDue = (): void => {
    const now = clock.nowSeconds();
    const due = [...store.values("checkout.session")]
      .filter((session) => session.status === "open" && session.expires_at <= now)
      .toSorted((a, b) => a.expires_at - b.expires_at);
    if (due.length === 0) return;
    try {
      for (const { id, expires_at: at } of due) {
        clock.during(at, () => store.atomically(null, (tx) => expireSession(tx, id)));
      }
    } catch (error) {
      // A full disk must not end the simulator; the next second tries again.
      log(`${due.length} checkout sessions could not be expired: ${String(error)}`);
    }
    committed();
  };
  runDue();
  const timer = setInterval(runDue, EVERY_MS);
  timer.unref();
  return { runDue, stop: () => clearInterval(timer) };
}
