import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseForm, type Form } from "../http/form";
import { StripeError } from "../http/stripe-error";
import { changeSession } from "../objects/change-session";
import { paySession, type Settlement } from "../objects/settle-session";
import { findTestMethod } from "../objects/test-accounts";
import { GOOD_CARD } from "../objects/test-cards";
import { renderCheckoutPage, renderMissingPage, successUrlOf, type CheckoutView } from "./checkout-page";
import { sendPage, type Pages } from "./send-page";
import { serveAuthenticate } from "./serve-authenticate";

/** Serves the page at a checkout session's `url`, and takes its form; and the page on which a bank asks. */
export function servePages(server: FastifyInstance, pages: Pages): void {
  server.get("/c/pay/:session", (request, reply) => show(pages, request, reply, null));
  server.post("/c/pay/:session", (request, reply) => submit(pages, request, reply));
  serveAuthenticate(server, pages);
}

function show(
  { store, clock }: Pages,
  request: FastifyRequest,
  reply: FastifyReply,
  failed: CheckoutView["failed"],
): FastifyReply {
  const id = sessionIdOf(request);
  const session = store.get("checkout.session", id);
  if (session === undefined) return sendPage(reply, 404, renderMissingPage());
  const overdue = session.status === "open" && session.expires_at <= clock.nowSeconds();
  const details = store.get("checkout_details", id);
  const code = session.discounts?.[0]?.promotion_code;
  const offered = details?.redisplay ?? [];
  const html = renderCheckoutPage({
    session: overdue ? { ...session, status: "expired" } : session,
    items: details?.lineItems ?? [],
    saved: store
      .list("payment_method")
      .filter(({ customer }) => customer !== null && customer === session.customer)
      .filter(
        ({ type, allow_redisplay: allowed = "" }) =>
          session.payment_method_types.includes(type) && offered.includes(allowed),
      ),
    code: typeof code === "string" ? (store.get("promotion_code", code)?.code ?? null) : null,
    asksName: details?.updatesName === true,
    failed,
  });
  return sendPage(reply, failed === null ? 200 : 402, html);
}

async function submit(pages: Pages, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const id = sessionIdOf(request);
  const session = pages.store.get("checkout.session", id);
  if (session === undefined) return sendPage(reply, 404, renderMissingPage());
  const form = parseForm(typeof request.body === "string" ? request.body : "");
  if (form["action"] === "cancel" && session.cancel_url !== null) return reply.redirect(session.cancel_url, 303);

  const email = textOf(form, "email");
  const method = textOf(form, "card") ?? GOOD_CARD.number;
  const saved = pages.store.get("payment_method", method)?.id;
  const card = saved === undefined ? findTestMethod(method) : GOOD_CARD;
  if (card === undefined) return show(pages, request, reply, { reason: "Your card number is not a test card.", email });
  const now = pages.clock.nowSeconds();
  try {
    const settled = pages.store.atomically(null, (tx): Settlement | null => {
      const change = changeOf(form);
      if (change !== null) changeSession(tx, id, { ...change, now });
      if (form["action"] === "apply") return null;
      return paySession(tx, id, { card, saved, email, name: textOf(form, "name"), now });
    });
    await pages.store.settled();
    pages.committed();
    switch (settled?.kind) {
      case undefined:
        return reply.redirect(`/c/pay/${id}`, 303);
      case "declined":
        return show(pages, request, reply, { reason: settled.error.message, email });
      case "action":
        return reply.redirect(settled.url, 303);
      case "complete":
        return reply.redirect(successUrlOf(settled.session) ?? `/c/pay/${id}`, 303);
    }
  } catch (error) {
    if (!(error instanceof StripeError)) throw error;
    // Two tabs may pay at once: the later one is shown how the session ended.
    const open = pages.store.get("checkout.session", id)?.status === "open" && session.expires_at > now;
    return show(pages, request, reply, open ? { reason: error.message, email } : null);
  }
}

function textOf(form: Form, field: string): string | null {
  const value = form[field];
  return typeof value === "string" && value !== "" ? value.slice(0, 512) : null;
}

/** Reads the code and the quantities; a page without these fields changes nothing. */
function changeOf(form: Form): { promotionCode?: string; quantities?: Record<string, number> } | null {
  const { code, quantity } = form;
  const quantities = Object.entries(typeof quantity === "object" && quantity !== null ? quantity : {}).flatMap(
    ([id, count]) => (/^\d{1,6}$/.test(String(count)) ? [[id, Number(count)] as const] : []),
  );
  if (typeof code !== "string" && quantities.length === 0) return null;
  return {
    ...(typeof code === "string" ? { promotionCode: code } : {}),
    ...(quantities.length === 0 ? {} : { quantities: Object.fromEntries(quantities) }),
  };
}

function sessionIdOf({ params }: FastifyRequest): string {
  return (params as Record<string, string>)["session"] ?? "";
}
