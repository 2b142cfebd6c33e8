import { expireSession } from "./settle-session";
import type { Clock } from "../core/clock";
import type { Store } from "../core/store";

const EVERY_MS = 1000;

/** Expires checkout sessions whose time is over, as time passes. Answers what stops it. */
export function expireSessionsOnTime(store: Store, clock: Clock, committed: () => void): () => void {
  const run = (): void => {
    const now = clock.nowSeconds();
    const due = [...store.values("checkout.session")].filter(
      (session) => session.status === "open" && session.expires_at <= now,
    );
    if (due.length === 0) return;
    store.atomically(null, (tx) => {
      for (const { id } of due) expireSession(tx, id);
    });
    committed();
  };
  run();
  const timer = setInterval(run, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
