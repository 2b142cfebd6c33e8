import type { Instant } from "../domain/instant";
import type { Deps } from "../usecases/deps";
import { depsOf } from "./compose";
import { toHttpFailure } from "./error-map";
import type { Invocation } from "./invocation";
import { createLog } from "./log";

/** A request to an HTTPS endpoint; the body is the exact text that came. */
export interface EndpointRequest {
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly rawBody: string;
}

/** What an endpoint answers, as JSON. */
export interface EndpointReply {
  readonly status: number;
  readonly body: object;
}

/** What the build reads of an endpoint, and what the platform calls. */
export interface EndpointDefinition {
  readonly kind: "endpoint";
  readonly name: string;
  readonly route: string;
  readonly method: "GET" | "POST";
  invoke(invocation: Invocation, args: readonly unknown[]): Promise<void>;
}

interface PlatformRequest {
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly body?: { text(): string };
}

interface PlatformResponse {
  setStatusCode(status: number): void;
  setHeader(name: string, value: string): void;
  setBody(body: string): void;
}

/** Declares an HTTPS endpoint that needs no sign-in; what it believes it proves itself. */
export function defineEndpoint(spec: {
  readonly name: string;
  readonly route: string;
  readonly method: "GET" | "POST";
  readonly run: (deps: Deps, request: EndpointRequest, now: Instant) => Promise<EndpointReply>;
}): EndpointDefinition {
  return {
    kind: "endpoint",
    name: spec.name,
    route: spec.route,
    method: spec.method,
    invoke: async (invocation, args) => {
      const request = (args[0] ?? {}) as PlatformRequest;
      const response = args[1] as PlatformResponse;
      const reply = await replyOf(spec, invocation, {
        headers: request.headers ?? {},
        rawBody: request.body?.text() ?? "",
      });
      response.setStatusCode(reply.status);
      response.setHeader("Content-Type", "application/json");
      response.setBody(JSON.stringify(reply.body));
    },
  };
}

async function replyOf(
  spec: Parameters<typeof defineEndpoint>[0],
  invocation: Invocation,
  request: EndpointRequest,
): Promise<EndpointReply> {
  try {
    return await spec.run(depsOf(invocation), request, invocation.now);
  } catch (error) {
    const { status, message } = toHttpFailure(error, createLog(), spec.name);
    return { status, body: { error: message } };
  }
}

/** The first value of a header, whatever the case of its name. */
export function headerOf(request: EndpointRequest, name: string): string | null {
  const wanted = name.toLowerCase();
  const found = Object.entries(request.headers).find(([header]) => header.toLowerCase() === wanted);
  return found?.[1][0] ?? null;
}
