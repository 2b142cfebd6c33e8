import type { DueSource } from "../core/due-work";
import { expireSession } from "./settle-session";

/** Finds open checkout sessions whose time is over; they expire. */
export const dueSessions: DueSource = (store, now) =>
  [...store.values("checkout.session")]
    .filter(({ status, expires_at }) => status === "open" && expires_at <= now)
    .map(({ id, expires_at }) => ({ at: expires_at, run: (tx) => expireSession(tx, id) }));
