import { expireSession } from "./settle-session";
import type { AccountClock } from "../core/clock";
import type { Store, Transaction } from "../core/store";
import { debitsDue } from "./settle-intents";

const EVERY_MS = 1000;

/** What expiry works on. */
export interface Expiry {
  readonly store: Store;
  readonly clock: AccountClock;
  readonly committed: () => void;
  readonly log: (line: string) => void;
}

/** Ends checkout sessions whose time is over, and debits whose bank has answered. */
export interface SessionExpiry {
  /** Does what fell due, in order of time. */
  runDue(): void;
  stop(): void;
}

/** Expires checkout sessions as time passes, until it is stopped. */
export function expireSessionsOnTime({ store, clock, committed, log }: Expiry): SessionExpiry {
  const runDue = (): void => {
    const now = clock.nowSeconds();
    const sessions = [...store.values("checkout.session")]
      .filter((session) => session.status === "open" && session.expires_at <= now)
      .map(({ id, expires_at: at }) => ({ at, run: (tx: Transaction) => void expireSession(tx, id) }));
    const due = [...sessions, ...debitsDue(store, now)].toSorted((a, b) => a.at - b.at);
    if (due.length === 0) return;
    try {
      for (const { at, run } of due) clock.during(at, () => store.atomically(null, run));
    } catch (error) {
      // A full disk must not end the simulator; the next second tries again.
      log(`${due.length} things that fell due could not be done: ${String(error)}`);
    }
    committed();
  };
  runDue();
  const timer = setInterval(runDue, EVERY_MS);
  timer.unref();
  return { runDue, stop: () => clearInterval(timer) };
}
