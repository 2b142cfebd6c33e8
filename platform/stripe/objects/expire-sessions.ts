import type { JobProvider } from "../core/due-jobs";
import { testClockOf } from "../core/living-time";
import { expireSession } from "./settle-session";

/** Ends open checkout sessions when their time is over. */
export const sessionExpiries: JobProvider = function* (state) {
  for (const session of state.values("checkout.session")) {
    if (session.status !== "open") continue;
    const { id, expires_at: dueAt } = session;
    yield { dueAt, clock: testClockOf(state, session), run: (tx) => void expireSession(tx, id) };
  }
};
