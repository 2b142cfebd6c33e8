import type { InvoiceFact } from "../domain/invoice";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";

/** What `billing/invoices` answers, the newest first; `next` is the `before` of the next page, null at the end. */
export interface InvoicesAnswer {
  readonly ok: true;
  readonly invoices: readonly (Omit<InvoiceFact, "createdAt"> & { readonly createdAt: Date })[];
  readonly next: string | null;
}

/**
 * Lists the invoices of an account as Stripe has them; an account that never bought has none.
 * Throws: AppError `unavailable` when Stripe cannot be reached, `conflict` for a `before` that names no invoice.
 */
export async function listInvoices(
  deps: Deps,
  call: MemberCall<{ readonly limit: number; readonly before: string | null }>,
): Promise<InvoicesAnswer> {
  const account = await deps.accounts.findAccount(call.accountId);
  const customerId = account?.stripeCustomers[deps.payments.mode];
  if (customerId === undefined) return { ok: true, invoices: [], next: null };
  const { invoices, hasMore } = await deps.payments.listInvoices({ customerId, ...call.input });
  return {
    ok: true,
    invoices: invoices.map((invoice) => ({ ...invoice, createdAt: new Date(invoice.createdAt) })),
    next: hasMore ? (invoices[invoices.length - 1]?.invoiceId ?? null) : null,
  };
}
