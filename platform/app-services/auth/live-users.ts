import { ObjectId } from "mongodb";
import { invalidSession } from "../app-services-error";
import type { Clock } from "../clock";
import type { Store, UserDoc } from "../store/store";

/** How long a check of session and user is trusted; another runtime's log-out takes at most this long to be seen here. */
const CHECK_LIFE_MS = 2_000;
const MOST_CHECKS = 10_000;

interface Check {
  readonly userId: string;
  readonly until: number;
  readonly user: Promise<UserDoc>;
}

/** Finds the user of a session and makes sure that both still live. Throws: `InvalidSession`. */
export interface LiveUsers {
  /** Reads the database. */
  load(sessionId: string, userId: string): Promise<UserDoc>;
  /** Trusts a reading of the last two seconds, so that a busy client does not cost two reads a call. */
  check(sessionId: string, userId: string): Promise<UserDoc>;
  forgetSession(sessionId: string): void;
  forgetUser(userId: string): void;
}

/** Creates the checks of one app. */
export function createLiveUsers(deps: {
  readonly store: Store;
  readonly appId: string;
  readonly clock: Clock;
}): LiveUsers {
  const { store, appId, clock } = deps;
  const checks = new Map<string, Check>();
  const load = async (sessionId: string, userId: string): Promise<UserDoc> => {
    const [session, user] = await Promise.all([
      store.sessions.findOne({ _id: ObjectId.createFromHexString(sessionId), app: appId }),
      store.users.findOne({ _id: ObjectId.createFromHexString(userId), app: appId }),
    ]);
    if (session === null || session.revokedAt !== undefined) throw invalidSession("the session has ended");
    if (session.expiresAt <= clock.now()) throw invalidSession("the session has expired");
    if (user === null || user.disabled) throw invalidSession("the user is gone or disabled");
    return user;
  };
  return {
    load,
    check(sessionId, userId) {
      const known = checks.get(sessionId);
      if (known !== undefined && known.until > Date.now()) return known.user;
      if (checks.size >= MOST_CHECKS) checks.clear();
      const user = load(sessionId, userId);
      checks.set(sessionId, { userId, until: Date.now() + CHECK_LIFE_MS, user });
      user.catch(() => checks.delete(sessionId));
      return user;
    },
    forgetSession: (sessionId) => void checks.delete(sessionId),
    forgetUser(userId) {
      for (const [sessionId, check] of checks) {
        if (check.userId === userId) checks.delete(sessionId);
      }
    },
  };
}
