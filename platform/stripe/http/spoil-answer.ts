import type { FastifyInstance, FastifyReply } from "fastify";
import type { ApiEffect } from "../core/faults";
import { StripeError } from "./stripe-error";

/** An answer that is ready to leave. */
export interface Answered {
  readonly status: number;
  readonly body: string;
}

/** What Stripe answers when it failed itself. */
export const SERVER_FAILURE: Answered = {
  status: 500,
  body: JSON.stringify(
    {
      error: {
        type: "api_error",
        message: "Sorry! There was an error while talking to one of our backends. Support has been notified.",
      },
    },
    null,
    2,
  ),
};

/** Answers that a fault gives before the call does anything. Throws: the error, with the headers set that go with it. */
export function refuseByFault(effect: ApiEffect | null, reply: FastifyReply): void {
  if (effect?.kind === "lock_timeout") {
    void reply.removeHeader("request-id").header("stripe-should-retry", "true");
    throw new StripeError(429, {
      type: "invalid_request_error",
      code: "lock_timeout",
      message:
        "This object cannot be accessed right now because another API request or Stripe process is currently accessing it. If you see this error intermittently, retry the request.",
    });
  }
  if (effect?.kind !== "status" || effect.status === 500) return;
  if (effect.status === 429) void reply.header("stripe-rate-limited-reason", effect.reason);
  throw new StripeError(effect.status, REFUSALS[effect.status]);
}

const REFUSALS = {
  400: { type: "invalid_request_error", message: "Invalid request: the simulator was told to refuse it" },
  402: {
    type: "card_error",
    code: "card_declined",
    decline_code: "generic_decline",
    message: "Your card was declined.",
  },
  409: {
    type: "invalid_request_error",
    code: "idempotency_key_in_use",
    message: "There is currently another in-progress request using this Idempotency-Key. Try again later",
  },
  429: {
    type: "invalid_request_error",
    code: "rate_limit",
    message: "Request rate limit exceeded. Learn more about rate limits here: https://stripe.com/docs/rate-limits.",
  },
  503: { type: "api_error", message: "The service is temporarily unavailable. Please try again later." },
} as const;

/** Spoils answers on their way, below HTTP. */
export interface Line {
  /** Spoils an answer; null when the call did no work. Answers false for effects that leave the line alone. */
  spoil(reply: FastifyReply, effect: ApiEffect | null, answered: Answered | null): boolean;
  /** Waits as long as the effect wants; ends early with the server. */
  wait(reply: FastifyReply, effect: ApiEffect | null): Promise<void>;
}

/** Makes the line of a server; what hangs on it ends when the server closes. */
export function createLine(server: FastifyInstance): Line {
  const held = new Set<() => void>();
  let closing = false;
  server.addHook("preClose", (done) => {
    closing = true;
    for (const end of held) end();
    done();
  });
  return {
    spoil: (reply, effect, answered) => {
      if (effect?.kind !== "reset" && effect?.kind !== "cut" && effect?.kind !== "hang") return false;
      const { socket } = reply.request.raw;
      reply.hijack();
      if (effect.kind === "reset") socket.resetAndDestroy();
      else if (effect.kind === "cut") cut(reply, answered ?? SERVER_FAILURE);
      else {
        const end = (): void => void socket.destroy();
        held.add(end);
        socket.once("close", () => void held.delete(end));
        if (closing) end();
      }
      return true;
    },
    wait: (reply, effect) => {
      if (effect?.kind !== "latency") return Promise.resolve();
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          held.delete(end);
          // A connection that stays open for another request would keep the server from closing.
          if (closing) void reply.header("connection", "close");
          resolve();
        };
        const timer = setTimeout(end, effect.ms);
        held.add(end);
        if (closing) end();
      });
    },
  };
}

/** Sends the head and half of the body, and ends the connection. */
function cut(reply: FastifyReply, { status, body }: Answered): void {
  const { raw } = reply;
  const bytes = Buffer.from(body);
  const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined) as [string, string][];
  raw.writeHead(status, {
    ...Object.fromEntries(headers),
    "content-type": "application/json; charset=utf-8",
    "content-length": bytes.length,
  });
  raw.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => void raw.socket?.destroy());
}
