import type { Endpoint } from "../http/endpoint";
import { attachPaymentEndpoints } from "./attach-payment";
import { balanceTransactionEndpoints } from "./balance-transactions";
import { chargeChangeEndpoints } from "./change-charge";
import { lineEndpoints } from "./change-lines";
import { chargeEndpoints } from "./charges";
import { checkoutSessionEndpoints } from "./checkout-sessions";
import { creditNoteEndpoints } from "./credit-notes";
import { couponEndpoints } from "./coupons";
import { customerEndpoints } from "./customers";
import { disputeEndpoints } from "./disputes";
import { earlyFraudWarningEndpoints } from "./early-fraud-warnings";
import { eventEndpoints } from "./events";
import { invoiceItemEndpoints } from "./invoice-items";
import { invoicePaymentEndpoints } from "./invoice-payments";
import { invoiceEndpoints } from "./invoices";
import { paymentIntentEndpoints } from "./payment-intents";
import { paymentMethodEndpoints } from "./payment-methods";
import { priceEndpoints } from "./prices";
import { productEndpoints } from "./products";
import { taxIdEndpoints } from "./tax-ids";
import { testClockEndpoints } from "./test-clocks";
import { refundEndpoints } from "./refunds";
import { promotionCodeEndpoints } from "./promotion-codes";
import { searchEndpoints } from "./searches";
import { setupIntentEndpoints } from "./setup-intents";
import { webhookEndpointEndpoints } from "./webhook-endpoints";

/** Every call that the simulator has. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...customerEndpoints,
  ...taxIdEndpoints,
  ...productEndpoints,
  ...priceEndpoints,
  ...couponEndpoints,
  ...promotionCodeEndpoints,
  ...checkoutSessionEndpoints,
  ...paymentMethodEndpoints,
  ...paymentIntentEndpoints,
  ...setupIntentEndpoints,
  ...chargeEndpoints,
  ...chargeChangeEndpoints,
  ...balanceTransactionEndpoints,
  ...invoiceItemEndpoints,
  ...invoiceEndpoints,
  ...lineEndpoints,
  ...attachPaymentEndpoints,
  ...invoicePaymentEndpoints,
  ...creditNoteEndpoints,
  ...refundEndpoints,
  ...disputeEndpoints,
  ...earlyFraudWarningEndpoints,
  ...eventEndpoints,
  ...testClockEndpoints,
  ...webhookEndpointEndpoints,
  ...searchEndpoints,
];
