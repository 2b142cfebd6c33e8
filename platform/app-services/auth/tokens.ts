import { createHash, randomBytes, webcrypto } from "node:crypto";
import { jwtVerify, SignJWT, type JWTPayload } from "jose";
import type { Clock } from "../clock";
import { invalidSession } from "../app-services-error";
import type { AppSettings } from "../store/settings";

const ACCESS_LIFE_SECONDS = 30 * 60;
export const REFRESH_LIFE_SECONDS = 60 * 24 * 60 * 60;
const ISSUER = "app-services";

/** What a verified access token says. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly deviceId: string;
  readonly userData: unknown;
}

/** Makes and checks the two kinds of tokens of one app. */
export interface Tokens {
  issueAccess(claims: AccessClaims & { readonly identityId: string }): Promise<string>;
  issueRefresh(claims: { readonly userId: string; readonly sessionId: string }): Promise<string>;
  /** Throws: `InvalidSession` for a token that is expired, garbled, of another app or of the other kind. */
  verifyAccess(token: string): Promise<AccessClaims>;
  /** Answers null for a token that is no refresh token of this app; whether its session still lives is not its matter. */
  verifyRefresh(token: string): Promise<{ readonly userId: string; readonly sessionId: string } | null>;
}

export interface TokensDeps {
  readonly appId: string;
  readonly settings: AppSettings;
  readonly clock: Clock;
}

/** The key is imported once; jose would import bytes again for every token. */
interface SigningDeps extends TokensDeps {
  readonly key: webcrypto.CryptoKey;
}

/** Creates the tokens of one app. HS256 with the key of the app, so that a token of another app does not verify. */
export async function createTokens(given: TokensDeps): Promise<Tokens> {
  const { settings } = given;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await webcrypto.subtle.importKey("raw", settings.signingKey, algorithm, false, ["sign", "verify"]);
  const deps: SigningDeps = { ...given, key };
  return {
    issueAccess: ({ userId, sessionId, deviceId, userData, identityId }) =>
      sign(
        deps,
        {
          typ: "access",
          baas_session: sessionId,
          baas_device_id: deviceId,
          baas_domain_id: settings.domainId,
          baas_identity: identityId,
          stitch_domainId: settings.domainId,
          user_data: userData,
        },
        userId,
        ACCESS_LIFE_SECONDS,
      ),
    issueRefresh: ({ userId, sessionId }) =>
      sign(deps, { typ: "refresh", baas_session: sessionId, baas_data: null }, userId, REFRESH_LIFE_SECONDS),
    async verifyAccess(token) {
      try {
        const { userId, sessionId, payload } = await verify(deps, token, "access");
        const { baas_device_id: deviceId, user_data: userData } = payload;
        return { userId, sessionId, deviceId: typeof deviceId === "string" ? deviceId : "", userData };
      } catch {
        throw invalidSession("access token expired");
      }
    },
    async verifyRefresh(token) {
      try {
        const { userId, sessionId } = await verify(deps, token, "refresh");
        return { userId, sessionId };
      } catch {
        return null;
      }
    },
  };
}

function sign(deps: SigningDeps, payload: JWTPayload, userId: string, lifeSeconds: number): Promise<string> {
  const { appId, clock } = deps;
  const issuedAt = Math.floor(clock.now().getTime() / 1000);
  // realm-web's ancestors read the claims under their old names.
  return new SignJWT({ ...payload, baas_id: appId, stitch_devId: payload["baas_device_id"], stitch_id: appId })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(userId)
    .setIssuer(ISSUER)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifeSeconds)
    .setJti(randomBytes(16).toString("hex"))
    .sign(deps.key);
}

interface VerifiedToken {
  readonly userId: string;
  readonly sessionId: string;
  readonly payload: JWTPayload;
}

async function verify(deps: SigningDeps, token: string, type: "access" | "refresh"): Promise<VerifiedToken> {
  const { payload } = await jwtVerify(token, deps.key, {
    algorithms: ["HS256"],
    issuer: ISSUER,
    currentDate: deps.clock.now(),
  });
  const { sub, typ, baas_id: app, baas_session: session } = payload;
  if (typ !== type || app !== deps.appId || typeof sub !== "string" || typeof session !== "string") {
    throw new Error("Token is of another kind or app");
  }
  return { userId: sub, sessionId: session, payload };
}

/** The form in which a refresh token is stored: a thief of the database cannot log in with it. */
export function hashRefreshToken(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
