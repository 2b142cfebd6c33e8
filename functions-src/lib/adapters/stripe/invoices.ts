import type Stripe from "stripe";
import type { InvoiceFact } from "../../domain/invoice";
import type { Payments } from "../../ports/payments";
import { called } from "./called";

/** Makes the reads of invoices. */
export function createInvoices(stripe: Stripe): Pick<Payments, "listInvoices"> {
  return {
    listInvoices: async ({ customerId, limit, before }) => {
      const from = before === null ? {} : { starting_after: before };
      const page = await called(() => stripe.invoices.list({ customer: customerId, limit, ...from }));
      return { invoices: page.data.map(fromStripeInvoice), hasMore: page.has_more };
    },
  };
}

function fromStripeInvoice(invoice: Stripe.Invoice): InvoiceFact {
  const { id, number, status, total, amount_paid: paidMinor, currency, created } = invoice;
  return {
    invoiceId: id,
    number: number ?? null,
    status: statusOf(status),
    totalMinor: total,
    paidMinor,
    currency: currency.toUpperCase(),
    createdAt: created * 1000,
    pageUrl: invoice.hosted_invoice_url ?? null,
    pdfUrl: invoice.invoice_pdf ?? null,
  };
}

/** A status that Stripe adds later counts as open: something is still to happen. */
function statusOf(status: string | null): InvoiceFact["status"] {
  switch (status) {
    case "draft":
    case "paid":
    case "void":
    case "uncollectible":
      return status;
    default:
      return "open";
  }
}
