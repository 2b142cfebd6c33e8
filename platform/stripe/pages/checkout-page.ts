import type Stripe from "stripe";
import { formatAmount } from "../money/currency";
import { TEST_CARDS } from "../objects/test-cards";
import { CHECKOUT_STYLE } from "./checkout-style";

/** What the page shows. */
export interface CheckoutView {
  readonly session: Stripe.Checkout.Session;
  readonly items: readonly {
    readonly description: string | null;
    readonly quantity: number | null;
    readonly amount_total: number;
  }[];
  /** The try before, when it failed: why, and what the buyer had entered. */
  readonly failed: { readonly reason: string; readonly email: string | null } | null;
}

/** Renders the page of a checkout session: its items and a form while it is open, else how it ended. */
export function renderCheckoutPage({ session, items, failed }: CheckoutView): string {
  const currency = session.currency ?? "usd";
  const total = formatAmount(session.amount_total ?? 0, currency);
  const rows = items
    .map(
      ({ description, quantity, amount_total }) =>
        `<li><span>${escapeHtml(description ?? "")}${quantity === 1 ? "" : ` <small>× ${quantity}</small>`}</span><span>${escapeHtml(formatAmount(amount_total, currency))}</span></li>`,
    )
    .join("");
  return page(
    `Pay ${total}`,
    `<p class="badge">Test mode: no money moves</p>
<h1>${escapeHtml(total)}</h1>
<ul class="items">${rows}</ul>
${session.status === "open" ? form(session, total, failed) : ended(session)}`,
  );
}

/** Renders the page for an address without a session. */
export function renderMissingPage(): string {
  return page("Not found", `<h1>Not found</h1><p role="status">There is no such checkout.</p>`);
}

function form(session: Stripe.Checkout.Session, total: string, failed: CheckoutView["failed"]): string {
  const cards = TEST_CARDS.map(
    ({ number, label }, index) =>
      `<label class="card"><input type="radio" name="card" value="${number}"${index === 0 ? " checked" : ""}> <span>${number.replaceAll(/(\d{4})(?=\d)/g, "$1 ")}</span> <small>${escapeHtml(label)}</small></label>`,
  ).join("\n");
  const email = failed?.email ?? session.customer_details?.email ?? "";
  const alert = failed === null ? "" : `<p class="alert" role="alert">${escapeHtml(failed.reason)}</p>`;
  const cancel =
    session.cancel_url === null
      ? ""
      : `<button type="submit" name="action" value="cancel" class="quiet" formnovalidate>Cancel</button>`;
  return `${alert}
<form method="post" action="/c/pay/${escapeHtml(session.id)}">
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="email" value="${escapeHtml(email)}" placeholder="you@example.com">
<fieldset><legend>Test card</legend>
${cards}
</fieldset>
<button type="submit" name="action" value="pay">Pay ${escapeHtml(total)}</button>
${cancel}
</form>`;
}

function ended(session: Stripe.Checkout.Session): string {
  const complete = session.status === "complete";
  const target = complete ? successUrlOf(session) : session.cancel_url;
  const link = target === null ? "" : `<p><a href="${escapeHtml(target)}">Back to the shop</a></p>`;
  const text = complete ? "Paid. Thank you!" : "This checkout has expired. No payment was taken.";
  return `<p class="ended" role="status">${text}</p>${link}`;
}

/** Fills the session's id into the address that the buyer returns to. */
export function successUrlOf({ id, success_url }: Stripe.Checkout.Session): string | null {
  return success_url === null ? null : success_url.replaceAll("{CHECKOUT_SESSION_ID}", id);
}

/** Makes text harmless between tags and inside quoted attributes. */
export function escapeHtml(value: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return value.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character);
}

function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Stripe simulator</title>
<style>${CHECKOUT_STYLE}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`;
}
