import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AppServicesError } from "../app-services-error";
import type { Accounts } from "../auth/accounts";
import { SYSTEM_CALLER } from "../auth/caller";
import type { Sessions } from "../auth/sessions";
import { assertApp } from "../client-api/auth-routes";
import { CALL_LIMIT_BYTES } from "../client-api/function-routes";
import { canonicalHeaders, toRequestFacts } from "../client-api/request-facts";
import type { FunctionRunner } from "../functions/function-runner";
import type { EndpointReply } from "../functions/protocol";
import type { AppTree, EndpointDefinition } from "../tree/app-tree";
import { authenticateEndpoint } from "./endpoint-caller";
import { assertValidRequest } from "./validate-request";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

export interface EndpointRoutesDeps {
  readonly tree: AppTree;
  readonly runner: FunctionRunner;
  readonly sessions: Sessions;
  readonly accounts: Accounts;
  readonly publicOrigin: () => string;
}

type EndpointRequest = FastifyRequest<{ Params: { appId: string; "*": string } }>;

/** Adds the HTTPS endpoints of the tree. Bodies arrive as the exact bytes sent. */
export function addEndpointRoutes(server: FastifyInstance, deps: EndpointRoutesDeps): void {
  server.route({
    method: [...METHODS],
    url: "/app/:appId/endpoint/*",
    bodyLimit: CALL_LIMIT_BYTES,
    handler: async (request: EndpointRequest, reply) => {
      assertApp(deps.tree, request.params.appId);
      const endpoint = findEndpoint(deps.tree, `/${request.params["*"]}`, request.method);
      return answer(endpoint, request, reply, deps);
    },
  });
}

function findEndpoint(tree: AppTree, route: string, method: string): EndpointDefinition {
  const found =
    tree.endpoints.find((endpoint) => endpoint.route === route && endpoint.method === method) ??
    tree.endpoints.find((endpoint) => endpoint.route === route && endpoint.method === "*");
  if (found === undefined || found.disabled) {
    throw new AppServicesError(404, "EndpointNotFound", `no endpoint found for ${method} ${route}`);
  }
  return found;
}

async function answer(
  endpoint: EndpointDefinition,
  request: EndpointRequest,
  reply: FastifyReply,
  deps: EndpointRoutesDeps,
): Promise<FastifyReply> {
  const body = Buffer.isBuffer(request.body) ? request.body : null;
  const query = firstValues(request);
  assertValidRequest(endpoint.validation, {
    body: body ?? new Uint8Array(),
    signature: header(request, "endpoint-signature") ?? header(request, "x-hook-signature"),
    secretParam: query["secret"] ?? null,
  });
  if (endpoint.validation.kind === "secretAsQueryParam") delete query["secret"];
  const runsAsSystem = deps.tree.functions.get(endpoint.functionName)?.runAsSystem ?? false;
  const caller = runsAsSystem ? SYSTEM_CALLER : await authenticateEndpoint(request, deps);
  const requestHeaders = canonicalHeaders(request);
  const result = await deps.runner.callEndpoint(
    {
      functionName: endpoint.functionName,
      requestId: request.id,
      caller: endpoint.fetchCustomUserData ? caller : { ...caller, custom_data: {} },
      asSystem: false,
      request: {
        ...toRequestFacts(request, requestHeaders),
        webhookUrl: `${deps.publicOrigin()}/app/${deps.tree.appId}/endpoint${endpoint.route}`,
      },
    },
    {
      kind: "endpoint",
      query,
      headers: requestHeaders,
      body,
      respondResult: endpoint.respondResult,
      format: replyFormat(request, endpoint),
    },
  );
  sendHeaders(result.headers, reply);
  void reply.code(result.status);
  if (result.body === null) return reply.send();
  return reply.send(typeof result.body === "string" ? result.body : Buffer.from(result.body));
}

/** Headers that the server itself must write, or the reply breaks. */
const OWN_HEADERS = new Set(["connection", "content-length", "transfer-encoding"]);

function sendHeaders(given: EndpointReply["headers"], reply: FastifyReply): void {
  const headers = new Map<string, string[]>();
  for (const [name, value] of given) headers.set(name, [...(headers.get(name) ?? []), value]);
  for (const [name, values] of headers) {
    const [only] = values;
    if (!OWN_HEADERS.has(name.toLowerCase())) void reply.header(name, values.length === 1 ? only : values);
  }
}

function replyFormat(request: FastifyRequest, endpoint: EndpointDefinition): "JSON" | "EJSON" {
  const accept = request.headers.accept ?? "";
  if (accept.includes("application/ejson")) return "EJSON";
  return accept.includes("application/json") ? "JSON" : endpoint.returnType;
}

function firstValues(request: FastifyRequest): Record<string, string> {
  const values: Record<string, string> = {};
  const start = request.url.indexOf("?");
  if (start === -1) return values;
  for (const [name, value] of new URLSearchParams(request.url.slice(start + 1))) {
    // Only the first of repeated names is kept, as on App Services; defined, so that "__proto__" is a name like any other.
    if (!Object.hasOwn(values, name))
      Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return values;
}

function header(request: FastifyRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" ? value : null;
}
