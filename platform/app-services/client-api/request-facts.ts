import type { FastifyRequest } from "fastify";
import type { RequestFacts } from "../functions/protocol";

/** Describes a request to functions. Holds: `secret` never reaches a function through the query. */
export function toRequestFacts(request: FastifyRequest, headers: CanonicalHeaders): RequestFacts {
  const [referrer] = headers["Referer"] ?? [];
  const [userAgent] = headers["User-Agent"] ?? [];
  return {
    remoteIPAddress: request.ip,
    requestHeaders: headers,
    httpMethod: request.method,
    rawQueryString: queryWithoutSecret(request.url),
    ...(referrer === undefined ? {} : { httpReferrer: referrer }),
    ...(userAgent === undefined ? {} : { httpUserAgent: userAgent }),
  };
}

export type CanonicalHeaders = Readonly<Record<string, readonly string[]>>;

/** Headers by canonical name (`Content-Type`), each with all its values. */
export function canonicalHeaders(request: FastifyRequest): CanonicalHeaders {
  const headers: Record<string, readonly string[]> = {};
  for (const [name, values] of Object.entries(request.raw.headersDistinct)) {
    if (values !== undefined) {
      headers[name.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())] =
        values;
    }
  }
  return headers;
}

/** The headers of a client call as functions see them: the caller's token proves more than a function needs to know. */
export function headersWithoutCredentials(request: FastifyRequest): CanonicalHeaders {
  return Object.fromEntries(Object.entries(canonicalHeaders(request)).filter(([name]) => !CREDENTIALS.has(name)));
}

const CREDENTIALS = new Set(["Authorization", "Cookie"]);

function queryWithoutSecret(url: string): string {
  const start = url.indexOf("?");
  if (start === -1) return "";
  return url
    .slice(start + 1)
    .split("&")
    .filter((part) => !new URLSearchParams(part).has("secret"))
    .join("&");
}
