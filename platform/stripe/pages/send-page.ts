import type { FastifyReply } from "fastify";
import type { Clock } from "../core/clock";
import type { Store } from "../core/store";

/** What the pages work on. */
export interface Pages {
  readonly store: Store;
  readonly clock: Clock;
  readonly committed: () => void;
}

/** Answers a page that loads nothing and runs nothing. */
export function sendPage(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply
    .code(status)
    .headers({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    })
    .send(html);
}
