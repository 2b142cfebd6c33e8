import type Stripe from "stripe";
import { formatAmount } from "../money/currency";
import { testMethodsFor } from "../objects/test-accounts";
import { escapeHtml, page } from "./html";

/** One line of the basket. */
export interface CheckoutItem {
  readonly id: string;
  readonly description: string | null;
  readonly quantity: number | null;
  readonly amount_subtotal: number;
  readonly adjustable_quantity: Stripe.LineItem.AdjustableQuantity | null;
}

/** What the page shows. */
export interface CheckoutView {
  readonly session: Stripe.Checkout.Session;
  readonly items: readonly CheckoutItem[];
  /** The customer's saved methods that the session offers. */
  readonly saved: readonly Stripe.PaymentMethod[];
  /** The code that takes something off. */
  readonly code: string | null;
  readonly asksName: boolean;
  /** The try before, when it failed: why, and what the buyer had entered. */
  readonly failed: { readonly reason: string; readonly email: string | null } | null;
}

/** Renders the page of a checkout session: its items and a form while it is open, else how it ended. */
export function renderCheckoutPage(view: CheckoutView): string {
  const { session } = view;
  const money = moneyOf(session);
  const setup = session.mode === "setup";
  const title = setup ? "Save a payment method" : money(session.amount_total ?? 0);
  const open = session.status === "open";
  return page(
    setup ? title : `Pay ${title}`,
    `<p class="badge">Test mode: no money moves</p>
<h1>${escapeHtml(title)}</h1>
${open ? form(view, title) : `${items(view)}${ended(session)}`}`,
  );
}

/** Renders the page for an address without a session. */
export function renderMissingPage(): string {
  return page("Not found", `<h1>Not found</h1><p role="status">There is no such checkout.</p>`);
}

function moneyOf({ currency }: Stripe.Checkout.Session): (amountMinor: number) => string {
  return (amountMinor) => formatAmount(amountMinor, currency ?? "usd");
}

/** The basket, and what is taken off and put on. */
function items({ session, items: lines, code }: CheckoutView): string {
  if (session.mode === "setup") return "";
  const money = moneyOf(session);
  const open = session.status === "open";
  const rows = lines.map(({ id, description, quantity, amount_subtotal: amount, adjustable_quantity: bounds }) => {
    const count =
      open && bounds?.enabled === true
        ? ` <input type="number" name="quantity[${escapeHtml(id)}]" aria-label="Quantity" value="${quantity ?? 1}" min="${bounds.minimum ?? 0}" max="${bounds.maximum ?? 99}">`
        : quantity === 1
          ? ""
          : ` <small>× ${quantity}</small>`;
    return `<li><span>${escapeHtml(description ?? "")}${count}</span><span>${escapeHtml(money(amount))}</span></li>`;
  });
  const { amount_discount: discount = 0, amount_tax: tax = 0 } = session.total_details ?? {};
  const sums = [
    discount === 0 ? "" : row(code === null ? "Discount" : `Discount ${code}`, money(-discount)),
    tax === 0 ? "" : row("Tax", money(tax)),
  ];
  return `<ul class="items">${rows.join("")}${sums.join("")}</ul>`;
}

function row(label: string, value: string): string {
  return `<li class="sum"><span>${escapeHtml(label)}</span><span>${escapeHtml(value)}</span></li>`;
}

function form(view: CheckoutView, title: string): string {
  const { session, failed, asksName } = view;
  const email = failed?.email ?? session.customer_details?.email ?? "";
  const alert = failed === null ? "" : `<p class="alert" role="alert">${escapeHtml(failed.reason)}</p>`;
  const free = session.mode === "payment" && session.payment_status === "no_payment_required";
  const label = session.mode === "setup" ? "Save" : `Pay ${title}`;
  const cancel =
    session.cancel_url === null
      ? ""
      : `\n<button type="submit" name="action" value="cancel" class="quiet" formnovalidate>Cancel</button>`;
  const name = asksName
    ? `\n<label for="name">Name</label>
<input id="name" name="name" type="text" autocomplete="name" value="${escapeHtml(session.customer_details?.name ?? "")}">`
    : "";
  const changed = changes(view);
  // The first submit button of a form is the one that Enter presses: it must not be Apply.
  const enter =
    changed === ""
      ? ""
      : `<button type="submit" name="action" value="pay" class="enter" tabindex="-1" aria-hidden="true">Pay</button>\n`;
  return `${alert}
<form method="post" action="/c/pay/${escapeHtml(session.id)}">
${enter}${items(view)}${changed}
<label for="email">E-mail</label>
<input id="email" name="email" type="email" autocomplete="email" value="${escapeHtml(email)}" placeholder="you@example.com">${name}
${free ? "" : methods(view)}
<button type="submit" name="action" value="pay">${escapeHtml(label)}</button>${cancel}
</form>`;
}

/** A field for a code, and a button for it and for new quantities. */
function changes({ session, items: lines, code }: CheckoutView): string {
  const adjusts = lines.some(({ adjustable_quantity: bounds }) => bounds?.enabled === true);
  const codes = session.allow_promotion_codes === true;
  if (!codes && !adjusts) return "";
  const field = codes
    ? `<label for="code">Promotion code</label>
<input id="code" name="code" type="text" autocomplete="off" value="${escapeHtml(code ?? "")}">
`
    : "";
  return `
${field}<button type="submit" name="action" value="apply" class="quiet" formnovalidate>Apply</button>`;
}

function methods({ session, saved }: CheckoutView): string {
  const choices = [
    ...saved.map((method) => ({ value: method.id, text: nameOf(method), label: "Saved" })),
    ...testMethodsFor(session.currency ?? "usd", session.payment_method_types).map(({ number, label, type }) => ({
      value: number,
      text: type === "us_bank_account" ? number : number.replaceAll(/(\w{4})(?=\w)/g, "$1 "),
      label,
    })),
  ];
  const radios = choices.map(
    ({ value, text, label }, index) =>
      `<label class="card"><input type="radio" name="card" value="${escapeHtml(value)}"${index === 0 ? " checked" : ""}> <span>${escapeHtml(text)}</span> <small>${escapeHtml(label)}</small></label>`,
  );
  return `<fieldset><legend>Test card${session.payment_method_types.length > 1 ? " or account" : ""}</legend>
${radios.join("\n")}
</fieldset>`;
}

function nameOf({ card, sepa_debit: sepa, us_bank_account: bank }: Stripe.PaymentMethod): string {
  if (card !== undefined) return `${card.brand} •••• ${card.last4}`;
  return `Account •••• ${sepa?.last4 ?? bank?.last4 ?? ""}`;
}

function ended(session: Stripe.Checkout.Session): string {
  const complete = session.status === "complete";
  const target = complete ? successUrlOf(session) : session.cancel_url;
  const link = target === null ? "" : `<p><a href="${escapeHtml(target)}">Back to the shop</a></p>`;
  return `<p class="ended" role="status">${endOf(session)}</p>${link}`;
}

function endOf({ status, mode, payment_status: payment }: Stripe.Checkout.Session): string {
  if (status !== "complete") return "This checkout has expired. No payment was taken.";
  if (mode === "setup") return "Saved. Thank you!";
  return payment === "unpaid" ? "Thank you! The payment is on its way." : "Paid. Thank you!";
}

/** Fills the session's id into the address that the buyer returns to. */
export function successUrlOf({ id, success_url }: Stripe.Checkout.Session): string | null {
  return success_url === null ? null : success_url.replaceAll("{CHECKOUT_SESSION_ID}", id);
}
