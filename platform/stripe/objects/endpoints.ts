import type { Endpoint } from "../http/endpoint";
import { chargeEndpoints } from "./charges";
import { checkoutSessionEndpoints } from "./checkout-sessions";
import { customerEndpoints } from "./customers";
import { disputeEndpoints } from "./disputes";
import { earlyFraudWarningEndpoints } from "./early-fraud-warnings";
import { eventEndpoints } from "./events";
import { paymentIntentEndpoints } from "./payment-intents";
import { priceEndpoints } from "./prices";
import { productEndpoints } from "./products";
import { refundEndpoints } from "./refunds";
import { webhookEndpointEndpoints } from "./webhook-endpoints";

/** Every call that the simulator has. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...customerEndpoints,
  ...productEndpoints,
  ...priceEndpoints,
  ...checkoutSessionEndpoints,
  ...paymentIntentEndpoints,
  ...chargeEndpoints,
  ...refundEndpoints,
  ...disputeEndpoints,
  ...earlyFraudWarningEndpoints,
  ...eventEndpoints,
  ...webhookEndpointEndpoints,
];
