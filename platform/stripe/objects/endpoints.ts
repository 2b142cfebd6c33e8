import type { Endpoint } from "../http/endpoint";
import { chargeEndpoints } from "./charges";
import { checkoutSessionEndpoints } from "./checkout-sessions";
import { couponEndpoints } from "./coupons";
import { customerEndpoints } from "./customers";
import { eventEndpoints } from "./events";
import { paymentIntentEndpoints } from "./payment-intents";
import { paymentMethodEndpoints } from "./payment-methods";
import { priceEndpoints } from "./prices";
import { productEndpoints } from "./products";
import { promotionCodeEndpoints } from "./promotion-codes";
import { setupIntentEndpoints } from "./setup-intents";
import { webhookEndpointEndpoints } from "./webhook-endpoints";

/** Every call that the simulator has. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...customerEndpoints,
  ...productEndpoints,
  ...priceEndpoints,
  ...couponEndpoints,
  ...promotionCodeEndpoints,
  ...checkoutSessionEndpoints,
  ...paymentMethodEndpoints,
  ...paymentIntentEndpoints,
  ...setupIntentEndpoints,
  ...chargeEndpoints,
  ...eventEndpoints,
  ...webhookEndpointEndpoints,
];
