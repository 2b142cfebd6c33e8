import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { App, Credentials } from "realm-web";
import type { BalanceAnswer, CheckoutAnswer } from "../functions-src/lib/contract";
import { ROOT } from "./build/definitions";
import { buildApp } from "./build/build-app";
import { readSettings } from "./start/settings";
import { startProduct } from "./start/start-product";

const BROWSER = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const SHOP = "https://shop.example/thanks";

/** Drives the checkout page in a real browser, as a buyer would, and takes the pictures of the README. */
async function main(): Promise<void> {
  await buildApp();
  const product = await startProduct(readSettings({ PORT: "0", DATA_DIR: ":memory:" }), () => undefined);
  const browser = await chromium.launch({
    executablePath: BROWSER,
    args: ["--no-sandbox", "--disable-background-networking"],
  });
  try {
    const app = new App({ id: product.appId, baseUrl: product.baseUrl });
    await app.emailPasswordAuth.registerUser({ email: "ada@example.org", password: "correct horse" });
    const ada = await app.logIn(Credentials.emailPassword("ada@example.org", "correct horse"));
    const urls = { successUrl: SHOP, cancelUrl: "https://shop.example/" };
    const checkout = (await ada.callFunction("billing/checkout", {
      key: "buy",
      pack: "pack-100",
      ...urls,
    })) as CheckoutAnswer;
    const page = await browser.newPage({ viewport: { width: 900, height: 700 }, deviceScaleFactor: 2 });
    await page.route("https://shop.example/**", (route) => route.fulfill({ body: "thanks" }));
    await page.goto(checkout.url);
    await page.screenshot({ path: join(ROOT, "docs", "images", "checkout.png") });
    await pay(page);
    await waitForTokens(async () => ((await ada.callFunction("wallet/balance", {})) as BalanceAnswer).available);
    console.log("Paid in the browser, 103 tokens arrived; docs/images/checkout.png is new");
  } finally {
    await browser.close();
    await product.close();
  }
}

async function pay(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^pay/i }).click();
  await page.waitForURL(`${SHOP}**`);
}

async function waitForTokens(read: () => Promise<number>): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    if ((await read()) === 103) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("Expected 103 tokens within 10 s of paying");
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
