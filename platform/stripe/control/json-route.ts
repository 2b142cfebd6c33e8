import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { StripeError } from "../http/stripe-error";

/** A request of the control plane that is wrong. */
export class ControlError extends Error {
  constructor(
    readonly status: number,
    readonly body: Readonly<Record<string, unknown>>,
  ) {
    super(String(body["error"]));
    this.name = "ControlError";
  }
}

type Handle = (request: FastifyRequest, body: unknown) => Promise<object> | object;

/** Adds a call of the control plane: JSON in, JSON out, and what is wrong by path, value and expectation. */
export function route(server: FastifyInstance, method: "GET" | "POST", url: string, handle: Handle): void {
  server.route({
    method,
    url,
    handler: async (request, reply): Promise<FastifyReply> => {
      try {
        return await reply.send(await handle(request, parseJson(request.body)));
      } catch (error) {
        if (error instanceof ControlError) return reply.code(error.status).send(error.body);
        if (error instanceof StripeError) return reply.code(error.status).send({ error: error.message });
        throw error;
      }
    },
  });
}

function parseJson(body: unknown): unknown {
  if (typeof body !== "string" || body.trim() === "") return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new ControlError(400, { error: "The body is not JSON", path: "", expected: "a JSON object" });
  }
}

/** Reads a body by its schema. Throws: `ControlError` with the first thing that is wrong. */
export function readBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const keys = issue?.code === "unrecognized_keys" ? issue.keys : undefined;
  const path = keys?.join(", ") ?? issue?.path.join(".") ?? "";
  const value = keys === undefined ? valueAt(body, issue?.path ?? []) : valueAt(body, [keys[0] ?? ""]);
  const expected = keys === undefined ? issue?.message : "no such key";
  throw new ControlError(400, {
    error: `Invalid ${path === "" ? "body" : path}: ${expected}, given ${JSON.stringify(value)}`,
    path,
    value,
    expected,
  });
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    body,
  );
}
