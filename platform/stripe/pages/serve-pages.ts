import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../core/clock";
import type { Store } from "../core/store";
import { parseForm } from "../http/form";
import { StripeError } from "../http/stripe-error";
import { paySession } from "../objects/settle-session";
import { findTestCard, GOOD_CARD } from "../objects/test-cards";
import { renderCheckoutPage, renderMissingPage, successUrlOf, type CheckoutView } from "./checkout-page";

/** What the pages work on. */
export interface Pages {
  readonly store: Store;
  readonly clock: Clock;
  readonly committed: () => void;
}

/** Serves the page at a checkout session's `url`, and takes its form. */
export function servePages(server: FastifyInstance, pages: Pages): void {
  server.get("/c/pay/:session", (request, reply) => show(pages, request, reply, null));
  server.post("/c/pay/:session", (request, reply) => submit(pages, request, reply));
}

function show(
  pages: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  failed: CheckoutView["failed"],
): FastifyReply {
  const id = sessionIdOf(request);
  const session = pages.store.get("checkout.session", id);
  if (session === undefined) return sendPage(reply, 404, renderMissingPage());
  const overdue = session.status === "open" && session.expires_at <= pages.clock.nowSeconds();
  const items = pages.store.get("checkout_details", id)?.lineItems ?? [];
  const shown = overdue ? { ...session, status: "expired" as const } : session;
  return sendPage(reply, failed === null ? 200 : 402, renderCheckoutPage({ session: shown, items, failed }));
}

async function submit(pages: Pages, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const id = sessionIdOf(request);
  const session = pages.store.get("checkout.session", id);
  if (session === undefined) return sendPage(reply, 404, renderMissingPage());
  const form = parseForm(typeof request.body === "string" ? request.body : "");
  if (form["action"] === "cancel" && session.cancel_url !== null) return reply.redirect(session.cancel_url, 303);

  const email = typeof form["email"] === "string" && form["email"] !== "" ? form["email"].slice(0, 512) : null;
  const card = findTestCard(typeof form["card"] === "string" ? form["card"] : GOOD_CARD.number);
  if (card === undefined) return show(pages, request, reply, { reason: "Your card number is not a test card.", email });
  try {
    const settled = pages.store.atomically(null, (tx) =>
      paySession(tx, id, { card, email, now: pages.clock.nowSeconds() }),
    );
    await pages.store.settled();
    pages.committed();
    if (settled.kind === "declined") return show(pages, request, reply, { reason: settled.error.message, email });
    return reply.redirect(successUrlOf(settled.session) ?? `/c/pay/${id}`, 303);
  } catch (error) {
    // Two tabs may pay at once: the later one is shown how the session ended.
    if (error instanceof StripeError) return show(pages, request, reply, null);
    throw error;
  }
}

function sessionIdOf({ params }: FastifyRequest): string {
  return (params as Record<string, string>)["session"] ?? "";
}

function sendPage(reply: FastifyReply, status: number, html: string): FastifyReply {
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
