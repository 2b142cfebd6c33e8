import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseForm } from "../http/form";
import { StripeError } from "../http/stripe-error";
import { formatAmount } from "../money/currency";
import { authenticate } from "../objects/authenticate";
import { renderAuthenticatePage } from "./authenticate-page";
import { renderMissingPage, successUrlOf } from "./checkout-page";
import { sendPage, type Pages } from "./send-page";

/** Serves the page on which a bank asks the buyer, for payments and for setups. */
export function serveAuthenticate(server: FastifyInstance, pages: Pages): void {
  server.get("/c/authenticate/:intent", (request, reply) => show(pages, request, reply));
  server.post("/c/authenticate/:intent", (request, reply) => submit(pages, request, reply));
}

function show({ store }: Pages, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const id = intentIdOf(request);
  const payment = store.get("payment_intent", id);
  const intent = payment ?? store.get("setup_intent", id);
  if (intent === undefined) return sendPage(reply, 404, renderMissingPage());
  const amount = payment === undefined ? null : formatAmount(payment.amount, payment.currency);
  return sendPage(reply, 200, renderAuthenticatePage({ id, status: intent.status, amount }));
}

async function submit(pages: Pages, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { store, clock, committed } = pages;
  const form = parseForm(typeof request.body === "string" ? request.body : "");
  const outcome = form["action"] === "complete" ? "complete" : "fail";
  try {
    const options = { outcome, now: clock.nowSeconds() } as const;
    const answered = store.atomically(null, (tx) => authenticate(tx, intentIdOf(request), options));
    await store.settled();
    committed();
    const session = answered.session === null ? undefined : store.get("checkout.session", answered.session);
    const success = session?.status === "complete" ? successUrlOf(session) : null;
    const target = success ?? answered.goTo;
    return target === null ? show(pages, request, reply) : reply.redirect(target, 303);
  } catch (error) {
    // A second answer, and one that comes too late, change nothing: the page says how it ended.
    if (error instanceof StripeError) return show(pages, request, reply);
    throw error;
  }
}

function intentIdOf({ params }: FastifyRequest): string {
  return (params as Record<string, string>)["intent"] ?? "";
}
