import type { Instant } from "./instant";

/** An invoice that Stripe made, as its customer may see it. Units: minor units of `currency`. */
export interface InvoiceFact {
  readonly invoiceId: string;
  readonly number: string | null;
  readonly status: "draft" | "open" | "paid" | "void" | "uncollectible";
  readonly totalMinor: number;
  readonly paidMinor: number;
  readonly currency: string;
  readonly createdAt: Instant;
  /** Where it is shown, and where it is kept as a file; null = Stripe does not say. */
  readonly pageUrl: string | null;
  readonly pdfUrl: string | null;
}
