import type Stripe from "stripe";
import { closeAll, sessionParams, startUnderTest, type SimulatorUnderTest } from "./simulator-under-test";

let simulator: SimulatorUnderTest;
let sdk: Stripe;
beforeEach(async () => {
  simulator = await startUnderTest();
  sdk = simulator.sdk;
});
afterEach(closeAll);

interface Page {
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
}

const open = async (url: string | null): Promise<Page> => {
  const response = await fetch(url ?? "");
  return { status: response.status, html: await response.text(), headers: response.headers };
};

/** Presses a button as a browser does: sends the form's fields with the button's own. */
const press = async (url: string | null, action: string, changes: Record<string, string> = {}): Promise<Page> => {
  const { html } = await open(url);
  const target = /<form method="post" action="([^"]+)"/.exec(html)?.[1] ?? "missing";
  expect(html).toContain(`name="action" value="${action}"`);
  const card = /name="card" value="(\d+)" checked/.exec(html)?.[1] ?? "missing";
  const email = /name="email" type="email"[^>]* value="([^"]*)"/.exec(html)?.[1] ?? "missing";
  const response = await fetch(new URL(target, url ?? ""), {
    method: "POST",
    body: new URLSearchParams({ card, email, action, ...changes }),
    redirect: "manual",
  });
  return { status: response.status, html: await response.text(), headers: response.headers };
};

describe("the checkout page", () => {
  it("shows items, total and the cards, and loads nothing from elsewhere", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    const { status, html, headers } = await open(session.url);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(html).toContain('<html lang="en">');
    expect(html).toContain("A hundred things <small>× 2</small>");
    expect(html).toContain("<h1>$20.00</h1>");
    expect(html).toContain("4000 0000 0000 0002");
    expect(html).toContain('name="viewport" content="width=device-width, initial-scale=1"');
    expect(html).not.toMatch(/<(script|link|img|iframe)|@import|url\(/);
  });

  it("pays with the card that is chosen and goes to the success address with the session's id", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    const { status, headers } = await press(session.url, "pay", { email: "buyer@shop.example" });
    expect(status).toBe(303);
    expect(headers.get("location")).toBe(`https://shop.example/thanks?session=${session.id}`);
    expect(await sdk.checkout.sessions.retrieve(session.id)).toMatchObject({
      payment_status: "paid",
      customer_details: { email: "buyer@shop.example" },
    });
    const after = await open(session.url);
    expect(after.html).toContain("Paid. Thank you!");
    expect(after.html).toContain(`href="https://shop.example/thanks?session=${session.id}"`);
    expect(after.html).not.toContain("<form");
  });

  it("says why a card was declined and lets another pay", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    const declined = await press(session.url, "pay", { card: "4000000000000002", email: "buyer@shop.example" });
    expect(declined.status).toBe(402);
    expect(declined.html).toContain('<p class="alert" role="alert">Your card was declined.</p>');
    expect(declined.html).toContain('value="buyer@shop.example"');
    expect((await press(session.url, "pay")).status).toBe(303);
  });

  it("refuses a card that is no test card, and charges nothing", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    const refused = await press(session.url, "pay", { card: "4111111111111111" });
    expect(refused.html).toContain("Your card number is not a test card.");
    expect((await sdk.charges.list()).data).toEqual([]);
  });

  it("goes back by Cancel and leaves the session open", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    const { status, headers } = await press(session.url, "cancel");
    expect([status, headers.get("location")]).toEqual([303, "https://shop.example/basket"]);
    expect((await sdk.checkout.sessions.retrieve(session.id)).status).toBe("open");
  });

  it("has no Cancel without a cancel_url", async () => {
    const { cancel_url: _none, ...params } = sessionParams();
    const session = await sdk.checkout.sessions.create(params);
    expect((await open(session.url)).html).not.toContain('value="cancel"');
  });

  it("takes no payment for an expired session, also from a page that was opened before", async () => {
    const session = await sdk.checkout.sessions.create(sessionParams());
    await sdk.checkout.sessions.expire(session.id);
    expect((await open(session.url)).html).toContain("This checkout has expired. No payment was taken.");
    const late = await fetch(session.url ?? "", { method: "POST", body: new URLSearchParams({ action: "pay" }) });
    expect(await late.text()).toContain("This checkout has expired");
    expect((await sdk.charges.list()).data).toEqual([]);
  });

  it("escapes everything that came by the API", async () => {
    const evil = `<script>alert("x")</script>'&`;
    const customer = await sdk.customers.create({ email: `"><img src=x>@example.com` });
    const session = await sdk.checkout.sessions.create(
      sessionParams({
        customer: customer.id,
        line_items: [{ quantity: 1, price_data: { currency: "usd", unit_amount: 100, product_data: { name: evil } } }],
        success_url: `https://shop.example/?a="><script>`,
      }),
    );
    const { html } = await open(session.url);
    expect(html).toContain("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;");
    await simulator.simulate("POST", `checkout/${session.id}/pay`);
    for (const page of [html, (await open(session.url)).html]) expect(page).not.toMatch(/<script|<img/);
  });

  it.each([
    ["jpy", 500, "¥500"],
    ["kwd", 5120, "KWD\u00a05.120"],
    ["eur", 123456, "€1,234.56"],
    ["usd", 99999999999, "$999,999,999.99"],
  ])("writes amounts in %s with the currency's own digits", async (currency, unit_amount, shown) => {
    const price_data = { currency, unit_amount, product_data: { name: "x" } };
    const session = await sdk.checkout.sessions.create(sessionParams({ line_items: [{ quantity: 1, price_data }] }));
    expect((await open(session.url)).html).toContain(`<h1>${shown}</h1>`);
  });

  it("answers 404 for a session that is not there", async () => {
    const { status, html } = await open(`${simulator.url}/c/pay/cs_none`);
    expect([status, html.includes("There is no such checkout")]).toEqual([404, true]);
  });
});
