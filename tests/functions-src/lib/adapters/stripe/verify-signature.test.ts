import Stripe from "stripe";
import { verifySignature } from "../../../../../functions-src/lib/adapters/stripe/verify-signature";

const NOW = 1_760_000_000;
const BODY = '{"id":"evt_1","object":"event"}';
/** Computed by hand from the published scheme: HMAC-SHA-256 of "<time>.<body>" under the whole secret. */
const KNOWN = "95a3fd7f0f6ce7693c04d0dc7b0e77234e7e0b588a980b80b26e094da8fcd88e";

const check = (
  overrides: { rawBody?: string; signature?: string | null; nowSeconds?: number } = {},
  secrets = ["whsec_test"],
) => verifySignature({ rawBody: BODY, signature: `t=${NOW},v1=${KNOWN}`, nowSeconds: NOW, ...overrides }, secrets);

describe("a webhook signature", () => {
  it("is believed for the known vector", async () => {
    expect(await check()).toMatchObject({ event: { id: "evt_1" } });
  });

  it("is believed when any current secret made it, and when any of its v1 values fits", async () => {
    expect(await check({}, ["whsec_new", "whsec_test"])).toHaveProperty("event");
    expect(await check({ signature: `t=${NOW},v1=${"0".repeat(64)},v1=${KNOWN},v0=x` })).toHaveProperty("event");
  });

  it.each([300, -300])("is believed %d s off", async (offset) => {
    expect(await check({ nowSeconds: NOW + offset })).toHaveProperty("event");
  });

  const rows: readonly [string, Parameters<typeof check>, string][] = [
    ["301 s old", [{ nowSeconds: NOW + 301 }], "signed 301 s ago"],
    ["301 s in the future", [{ nowSeconds: NOW - 301 }], "signed 301 s in the future"],
    ["of another secret", [{}, ["whsec_other"]], "no current secret matches"],
    ["of another body", [{ rawBody: `${BODY} ` }], "a proxy changed the body"],
    ["missing", [{ signature: null }], "no Stripe-Signature header"],
    ["without a time", [{ signature: `v1=${KNOWN}` }], "has no time"],
    ["empty", [{ signature: "" }], "has no time"],
    ["with a time beyond all numbers", [{ signature: `t=${"9".repeat(40)},v1=${KNOWN}` }], "has no time"],
  ];
  it.each(rows)("is refused when it is %s", async (_what, [overrides, secrets], why) => {
    const result = await check(overrides, secrets);
    expect(result).toEqual({ rejected: expect.stringContaining(why) });
  });

  it("does not help a body that is no JSON", async () => {
    const payload = "not json";
    const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret: "whsec_test", timestamp: NOW });
    expect(await check({ rawBody: payload, signature })).toEqual({ rejected: "the signed body is not a Stripe event" });
  });
});
