import { timingSafeEqual } from "node:crypto";
import { ObjectId } from "mongodb";
import { invalidSession } from "../app-services-error";
import type { Clock } from "../clock";
import type { Store, UserDoc } from "../store/store";
import { toCaller, type Caller } from "./caller";
import { fromClaim, type CustomDataReader } from "./custom-data";
import { createLiveUsers } from "./live-users";
import { hashRefreshToken, REFRESH_LIFE_SECONDS, type Tokens } from "./tokens";

export interface OpenedSession {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly deviceId: string;
}

/** Log-ins as the client holds them: a refresh token that can be revoked, and access tokens made from it. */
export interface Sessions {
  open(user: UserDoc, deviceId: string | null): Promise<OpenedSession>;
  /** Makes a new access token. Throws: `InvalidSession` when the refresh token, its session or its user is dead. */
  refresh(refreshToken: string): Promise<string>;
  /** Ends a session; true also when it had ended before, false when the token is none of ours. */
  logOut(refreshToken: string): Promise<boolean>;
  /** Finds the caller of an access token. Throws: `InvalidSession`. */
  authenticate(accessToken: string): Promise<{ readonly user: UserDoc; readonly caller: Caller }>;
  /** Forgets what was checked about a user, after the sessions of that user were revoked in the database. */
  forget(userId: ObjectId): void;
}

export interface SessionsDeps {
  readonly store: Store;
  readonly appId: string;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly customData: CustomDataReader;
}

/** Creates the sessions of one app. */
export function createSessions(deps: SessionsDeps): Sessions {
  const { store, appId, tokens, clock, customData } = deps;
  const liveUsers = createLiveUsers({ store, appId, clock });
  const issueAccess = async (user: UserDoc, sessionId: string, deviceId: string): Promise<string> => {
    const userId = user._id.toHexString();
    const userData = await customData.load(userId);
    return tokens.issueAccess({ userId, sessionId, deviceId, userData, identityId: user.identities[0]?.id ?? "" });
  };

  const openSession = async (user: UserDoc, deviceId: string): Promise<OpenedSession> => {
    const _id = new ObjectId();
    const sessionId = _id.toHexString();
    const [refreshToken, accessToken] = await Promise.all([
      tokens.issueRefresh({ userId: user._id.toHexString(), sessionId }),
      issueAccess(user, sessionId, deviceId),
    ]);
    const createdAt = clock.now();
    const lifeMs = REFRESH_LIFE_SECONDS * 1000;
    await store.sessions.insertOne({
      _id,
      app: appId,
      userId: user._id,
      deviceId,
      refreshHash: hashRefreshToken(refreshToken),
      createdAt,
      expiresAt: new Date(createdAt.getTime() + lifeMs),
      forgetAt: new Date(Date.now() + lifeMs),
    });
    return { accessToken, refreshToken, deviceId };
  };

  return {
    open: (user, deviceId) => openSession(user, deviceId ?? new ObjectId().toHexString()),
    async refresh(refreshToken) {
      const claims = await tokens.verifyRefresh(refreshToken);
      if (claims === null) throw invalidSession("refresh token expired");
      const session = await store.sessions.findOne({ _id: ObjectId.createFromHexString(claims.sessionId), app: appId });
      if (session === null || !isSameHash(session.refreshHash, hashRefreshToken(refreshToken))) {
        throw invalidSession("failed to find refresh token");
      }
      const user = await liveUsers.load(claims.sessionId, claims.userId);
      return issueAccess(user, claims.sessionId, session.deviceId);
    },
    async logOut(refreshToken) {
      const claims = await tokens.verifyRefresh(refreshToken);
      if (claims === null) return false;
      await store.sessions.updateOne(
        { _id: ObjectId.createFromHexString(claims.sessionId), app: appId, revokedAt: { $exists: false } },
        { $set: { revokedAt: clock.now() } },
      );
      liveUsers.forgetSession(claims.sessionId);
      return true;
    },
    async authenticate(accessToken) {
      const claims = await tokens.verifyAccess(accessToken);
      const user = await liveUsers.check(claims.sessionId, claims.userId);
      return { user, caller: toCaller(user, fromClaim(claims.userData)) };
    },
    forget: (userId) => liveUsers.forgetUser(userId.toHexString()),
  };
}

function isSameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
