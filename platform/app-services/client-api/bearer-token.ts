import type { FastifyRequest } from "fastify";
import { AppServicesError } from "../app-services-error";

/** Reads the bearer token of a request, or null without one. */
export function bearerToken(request: FastifyRequest): string | null {
  const match = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "");
  return match?.[1] ?? null;
}

/**
 * Reads the bearer token that a route needs.
 *
 * Throws: 401 `MissingAuthReq`, which realm-web does not answer with a refresh, since there is nothing to refresh.
 */
export function requiredBearerToken(request: FastifyRequest): string {
  const token = bearerToken(request);
  if (token === null) throw new AppServicesError(401, "MissingAuthReq", "must authenticate first");
  return token;
}
