import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { StripeError } from "./stripe-error";

const BODY_LIMIT = 1024 * 1024;

/** Makes the HTTP server; bodies arrive as text, since each plane reads its own format, and every failure has a shape. */
export function createServer(log: (line: string) => void): FastifyInstance {
  const server = fastify({
    bodyLimit: BODY_LIMIT,
    // Requests on their way are answered; connections that only wait are ended.
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 500 },
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      void reply.code(400).send({ error: { type: "invalid_request_error", message: error.message } });
    },
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error instanceof StripeError ? error.status : (error.statusCode ?? 500);
    if (status >= 500) log(`A request failed: ${error.stack ?? error.message}`);
    const type = status >= 500 ? "api_error" : "invalid_request_error";
    const message = status >= 500 ? "The Stripe simulator failed; see its log" : error.message;
    return reply.code(status).send({ error: { type, message } });
  });
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      error: {
        type: "invalid_request_error",
        message: `Unrecognized request URL (${request.method}: ${request.url.split("?")[0]}): the Stripe simulator does not have it`,
      },
    }),
  );
  return server;
}
