import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { MongoNetworkError, MongoNotConnectedError, MongoServerSelectionError } from "mongodb";
import { AppServicesError } from "../app-services-error";
import { QueueFullError } from "../auth/work-queue";
import { CallError } from "../functions/call-error";
import { describeError, type Log } from "../log";

/** The body of every refusal; realm-web reads exactly these three keys. */
export interface ErrorBody {
  readonly error: string;
  readonly error_code: string;
  readonly link: string;
}

/** Turns whatever was thrown into a refusal. Holds: an unexpected error shows nothing of itself to the client. */
export function toAppServicesError(error: unknown): AppServicesError {
  if (error instanceof AppServicesError) return error;
  if (error instanceof CallError)
    return new AppServicesError(callStatus(error), error.code, error.message, { cause: error });
  if (error instanceof QueueFullError)
    return new AppServicesError(429, "TooManyRequests", "too many requests, try again later");
  if (isStorageDown(error)) {
    return new AppServicesError(503, "MongoDBError", "the database cannot be reached", { cause: error });
  }
  const status = httpStatus(error);
  if (status === 413) return new AppServicesError(413, "ReadSizeLimitExceeded", "request body is too large");
  if (status !== null && status < 500) return new AppServicesError(status, "BadRequest", describeClientError(error));
  return new AppServicesError(500, "InternalServerError", "internal server error", { cause: error });
}

/** Sends a refusal and logs what the client is not shown. */
export function sendError(deps: {
  readonly error: FastifyError | Error;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly log: Log;
  readonly appId: string;
  readonly baseUrl: string;
}): FastifyReply {
  const refusal = toAppServicesError(deps.error);
  if (refusal.status >= 500) {
    deps.log.write("error", "request.failed", {
      requestId: deps.request.id,
      route: deps.request.routeOptions.url,
      error: describeError(deps.error),
      stack: deps.error.stack,
    });
  }
  const body: ErrorBody = {
    error: refusal.message,
    error_code: refusal.code,
    link: `${deps.baseUrl}/groups/local/apps/${deps.appId}/logs?co_id=${deps.request.id}`,
  };
  if (refusal.status === 429 || refusal.status === 503) void deps.reply.header("Retry-After", "1");
  return deps.reply.code(refusal.status).type("application/json; charset=utf-8").send(JSON.stringify(body));
}

function isStorageDown(error: unknown): boolean {
  return (
    error instanceof MongoNetworkError ||
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNotConnectedError
  );
}

function callStatus(error: CallError): number {
  switch (error.code) {
    case "TooManyRequests":
      return 429;
    case "MaintenanceInProgress":
      return 503;
    case "InternalServerError":
      return 500;
    default:
      return 400;
  }
}

function httpStatus(error: unknown): number | null {
  return typeof error === "object" && error !== null && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : null;
}

function describeClientError(error: unknown): string {
  return error instanceof Error ? error.message : "bad request";
}
