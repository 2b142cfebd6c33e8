import type { Step } from "../step";
import { accountSteps } from "./account";
import { catalogueSteps } from "./catalogue";
import { checkoutSteps } from "./checkout";
import { creditNoteSteps } from "./credit-notes";
import { customerSteps } from "./customers";
import { invoiceSteps } from "./invoices";
import { moneyBackSteps } from "./money-back";
import { pageSteps } from "./pages";
import { paymentMethodSteps } from "./payment-methods";
import { paymentSteps } from "./payments";

/** All steps of the proof; each makes what it needs, but for the last ones, which walk through what the others made. */
export const STEPS: readonly Step[] = [
  ...customerSteps,
  ...paymentMethodSteps,
  ...catalogueSteps,
  ...checkoutSteps,
  ...paymentSteps,
  ...moneyBackSteps,
  ...invoiceSteps,
  ...creditNoteSteps,
  ...accountSteps,
  ...pageSteps,
];
