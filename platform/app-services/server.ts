import cors from "@fastify/cors";
import Fastify, { type FastifyInstance } from "fastify";
import { ObjectId } from "mongodb";
import { AppServicesError } from "./app-services-error";
import type { Accounts } from "./auth/accounts";
import type { Sessions } from "./auth/sessions";
import { addAuthRoutes } from "./client-api/auth-routes";
import { sendError } from "./client-api/error-reply";
import { addFunctionRoutes } from "./client-api/function-routes";
import { addLocationRoute } from "./client-api/location-route";
import { addEndpointRoutes } from "./endpoints/endpoint-routes";
import type { FunctionRunner } from "./functions/function-runner";
import { findHostedFile } from "./hosting/hosting-files";
import type { Log } from "./log";
import type { Metrics } from "./metrics";
import { addClockRoutes } from "./test-clock/clock-routes";
import type { TestClock } from "./test-clock/test-clock";
import type { AppTree } from "./tree/app-tree";

const DEFAULT_BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 60_000;
/** Streams put their whole request into the URL; App Services' own clients exceed Node's 16 KB with long lists of ids. */
const HEADER_LIMIT_BYTES = 64 * 1024;

export interface ServerDeps {
  readonly tree: AppTree;
  readonly domainId: string;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly runner: FunctionRunner;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly publicOrigin: () => string;
  /** null when time passes by itself. */
  readonly testClock: TestClock | null;
}

/** Builds the HTTP server: client API, endpoints, test clock, metrics and hosting. */
export async function createServer(deps: ServerDeps): Promise<FastifyInstance> {
  const { tree, log, metrics } = deps;
  const server = Fastify({
    bodyLimit: DEFAULT_BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: () => new ObjectId().toHexString(),
    logger: false,
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 1_000 },
    http: { maxHeaderSize: HEADER_LIMIT_BYTES },
  });
  // Bodies stay bytes: signatures are made over what was sent, and realm-web's extended JSON is decoded where it is used.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  await server.register(cors, {
    origin: tree.allowedOrigins.length === 0 ? "*" : [...tree.allowedOrigins],
    credentials: tree.allowedOrigins.length > 0,
    methods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    allowedHeaders: ["Authorization", "Content-Type", "Accept", "Idempotency-Key"],
    exposedHeaders: ["x-baas-location", "x-appservices-request-id"],
    maxAge: 600,
  });
  server.addHook("onRequest", async (request, reply) => {
    void reply.header("x-appservices-request-id", request.id);
  });
  server.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "(none)";
    const { statusCode: status } = reply;
    metrics.count("app_services_requests_total", { method: request.method, route, status });
    log.write("info", "request", {
      requestId: request.id,
      method: request.method,
      route,
      status,
      ms: Math.round(reply.elapsedTime),
    });
  });
  server.setErrorHandler((error: Error, request, reply) =>
    sendError({ error, request, reply, log, appId: tree.appId, baseUrl: deps.publicOrigin() }),
  );
  addLocationRoute(server, deps);
  addAuthRoutes(server, deps);
  addFunctionRoutes(server, deps);
  addEndpointRoutes(server, deps);
  if (deps.testClock !== null) addClockRoutes(server, deps.testClock);
  server.get("/metrics", (_request, reply) =>
    reply.type("text/plain; version=0.0.4; charset=utf-8").send(metrics.render()),
  );
  addHosting(server, tree.hostingDir);
  return server;
}

function addHosting(server: FastifyInstance, root: string | null): void {
  server.setNotFoundHandler(async (request, reply) => {
    const [path = "/"] = request.url.split("?");
    const isRead = request.method === "GET" || request.method === "HEAD";
    const file = root !== null && isRead ? await findHostedFile(root, path) : null;
    if (file === null) throw new AppServicesError(404, "NotFound", `there is nothing at ${request.method} ${path}`);
    void reply.type(file.contentType).header("Content-Length", file.length).header("X-Content-Type-Options", "nosniff");
    return request.method === "HEAD" ? reply.send() : reply.send(file.open());
  });
}
