import type { FastifyInstance, FastifyRequest } from "fastify";
import { AppServicesError, badRequest, invalidSession } from "../app-services-error";
import type { Accounts } from "../auth/accounts";
import type { Sessions } from "../auth/sessions";
import type { UserDoc } from "../store/store";
import type { AppTree } from "../tree/app-tree";
import { requiredBearerToken } from "./bearer-token";
import { parseBodyObject, parseDeviceId, type BodyObject } from "./request-body";

const P = "/api/client/v2.0";
/** Log-in and registration are open to the world, so their bodies are kept small. */
const BODY_LIMIT_BYTES = 16 * 1024;

/** Steps of confirmation and reset: each is refused in the words that the vendor's clients know. */
const EMAIL_STEPS = ["confirm", "confirm/send", "confirm/call", "reset", "reset/send", "reset/call"] as const;
type EmailStep = (typeof EMAIL_STEPS)[number];

export interface AuthRoutesDeps {
  readonly tree: AppTree;
  readonly domainId: string;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
}

type AppRequest = FastifyRequest<{ Params: { appId: string; provider: string } }>;

/** Adds registration, log-in, session, profile and deletion. */
export function addAuthRoutes(server: FastifyInstance, deps: AuthRoutesDeps): void {
  const { accounts, sessions, tree } = deps;
  const limits = { bodyLimit: BODY_LIMIT_BYTES };

  server.post(`${P}/app/:appId/auth/providers/:provider/login`, limits, async (request: AppRequest, reply) => {
    assertApp(tree, request.params.appId);
    const body = parseBodyObject(request.body);
    if (Object.hasOwn(Object(request.query), "link")) {
      throw new AppServicesError(400, "NotSupported", "linking identities is not served by this runtime yet");
    }
    const user = await logIn(deps, request.params.provider, body);
    const session = await sessions.open(user, parseDeviceId(body));
    return reply.send({
      access_token: session.accessToken,
      refresh_token: session.refreshToken,
      user_id: user._id.toHexString(),
      device_id: session.deviceId,
    });
  });

  server.post(`${P}/app/:appId/auth/providers/local-userpass/register`, limits, async (request: AppRequest, reply) => {
    assertApp(tree, request.params.appId);
    assertProvider(tree, "local-userpass");
    const body = parseBodyObject(request.body);
    await accounts.register(body["email"], body["password"]);
    return reply.code(201).send({});
  });

  for (const step of EMAIL_STEPS) {
    const path = `${P}/app/:appId/auth/providers/local-userpass/${step}`;
    server.post(path, limits, (request: AppRequest) => {
      assertApp(tree, request.params.appId);
      assertProvider(tree, "local-userpass");
      throw emailStepRefusal(step, parseBodyObject(request.body));
    });
  }

  server.post(`${P}/auth/session`, limits, async (request, reply) => {
    return reply.code(201).send({ access_token: await sessions.refresh(requiredBearerToken(request)) });
  });

  server.delete(`${P}/auth/session`, limits, async (request, reply) => {
    // realm-web takes this text, and no other, as "was logged out before".
    if (!(await sessions.logOut(requiredBearerToken(request)))) throw invalidSession("failed to find refresh token");
    return reply.code(204).send();
  });

  server.get(`${P}/auth/profile`, async (request) => {
    const { user } = await sessions.authenticate(requiredBearerToken(request));
    return toProfile(user, deps.domainId);
  });

  server.delete(`${P}/auth/delete`, limits, async (request, reply) => {
    const { user } = await sessions.authenticate(requiredBearerToken(request));
    await accounts.delete(user);
    sessions.forget(user._id);
    return reply.code(204).send();
  });

  for (const path of [`${P}/auth/api_keys`, `${P}/auth/api_keys/*`]) {
    server.all(path, limits, () => {
      throw new AppServicesError(400, "NotSupported", "user API keys are not served by this runtime yet");
    });
  }
}

/** Throws: 404 for an app that this runtime does not serve. */
export function assertApp(tree: AppTree, appId: string): void {
  if (appId !== tree.appId) {
    throw new AppServicesError(404, "AppNotFound", `cannot find app using Client App ID '${appId}'`);
  }
}

function assertProvider(tree: AppTree, type: string): void {
  const provider = tree.authProviders.get(type);
  if (provider === undefined || provider.disabled) {
    throw new AppServicesError(404, "AuthProviderNotFound", `auth provider not found: '${type}'`);
  }
}

function logIn(deps: AuthRoutesDeps, provider: string, body: BodyObject): Promise<UserDoc> {
  const { accounts, tree } = deps;
  assertProvider(tree, provider);
  switch (provider) {
    case "local-userpass":
      return accounts.logInWithPassword(body["username"], body["password"]);
    case "anon-user":
      return accounts.logInAnonymously();
    case "api-key":
      return accounts.logInWithServerKey(body["key"]);
    default:
      throw new AppServicesError(
        400,
        "NotSupported",
        `the auth provider '${provider}' is not served by this runtime yet`,
      );
  }
}

function emailStepRefusal(step: EmailStep, body: BodyObject): AppServicesError {
  const email = typeof body["email"] === "string" ? body["email"] : "";
  switch (step) {
    case "confirm":
    case "reset":
      return new AppServicesError(400, "UserpassTokenInvalid", "invalid token data");
    case "confirm/send":
      return new AppServicesError(400, "UserAlreadyConfirmed", "already confirmed");
    case "confirm/call":
      return badRequest(`cannot run confirmation for ${email}: automatic confirmation is enabled`);
    case "reset/send":
      return badRequest("please use reset password via function");
    case "reset/call":
      // The reset function of the tree is not run yet; this is the answer of one that refuses.
      return new AppServicesError(400, "NotSupported", `failed to reset password for user "${email}"`);
  }
}

function toProfile(user: UserDoc, domainId: string): Record<string, unknown> {
  return {
    user_id: user._id.toHexString(),
    domain_id: domainId,
    type: user.type,
    identities: user.identities.map(({ id, providerType, providerId }) => ({
      id,
      provider_type: providerType,
      provider_id: providerId,
    })),
    data: user.data,
  };
}
