import type { JobProvider } from "../core/due-jobs";
import { invoiceAdvances } from "./collect-invoice";
import { sessionExpiries } from "./expire-sessions";
import { disputeEnds } from "./move-dispute";
import { refundCourses } from "./move-refund";
import { debitEnds } from "./settle-intents";

/** Everything that time does by itself. */
export const JOB_PROVIDERS: readonly JobProvider[] = [
  sessionExpiries,
  invoiceAdvances,
  refundCourses,
  disputeEnds,
  debitEnds,
];
