import type { FastifyRequest } from "fastify";
import { AppServicesError, invalidSession } from "../app-services-error";
import type { Accounts } from "../auth/accounts";
import { toCaller, type Caller } from "../auth/caller";
import type { Sessions } from "../auth/sessions";
import { bearerToken } from "../client-api/bearer-token";

/**
 * Finds who calls an endpoint whose function runs with the caller's rights.
 *
 * A bearer token decides when there is one; a bearer value that is no three-part token is taken as a server key (our extension, for
 * clients that only know bearer). Then the `api-key` or `apiKey` header.
 * Refuses: 401, vague on purpose.
 */
export async function authenticateEndpoint(
  request: FastifyRequest,
  deps: { readonly sessions: Sessions; readonly accounts: Accounts },
): Promise<Caller> {
  const bearer = bearerToken(request);
  if (bearer !== null && bearer.split(".").length === 3) return (await deps.sessions.authenticate(bearer)).caller;
  const key = bearer ?? headerText(request, "api-key") ?? headerText(request, "apikey");
  if (key === null) throw new AppServicesError(401, "MissingAuthReq", "no authentication methods were specified");
  const user = await deps.accounts.findByServerKey(key);
  if (user === null)
    throw bearer === null
      ? new AppServicesError(401, "AuthError", "invalid API key")
      : invalidSession("invalid bearer");
  return toCaller(user, {});
}

function headerText(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}
