import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startProductProcess } from "../../scripts/prove/product-process";
import { readSettings } from "../../scripts/start/settings";

const ROOT = join(__dirname, "..", "..");

describe("npm start", () => {
  it("prints the machine line, serves, and ends with code 0 at SIGTERM to npm and to the whole group", async () => {
    const npm = spawn("npm", ["start", "--silent"], {
      cwd: ROOT,
      detached: true,
      env: { ...process.env, PORT: "0", DATA_DIR: ":memory:" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const line = await new Promise<string>((resolve) => {
      createInterface(npm.stdout).on("line", (text) => text.startsWith("{") && resolve(text));
    });
    const ready = JSON.parse(line) as Record<string, string>;
    expect(Object.keys(ready)).toEqual([
      "event",
      "baseUrl",
      "appId",
      "mongodbUri",
      "stripeUrl",
      "stripeSecretKey",
      "adminKey",
    ]);
    const health = await fetch(`${ready["baseUrl"]}/app/${ready["appId"]}/endpoint/health`);
    expect([health.status, await health.json()]).toEqual([
      200,
      { status: "ok", checks: { database: "ok", catalog: "ok" } },
    ]);
    expect(await (await fetch(`${ready["baseUrl"]}/metrics`)).text()).toContain("app_services_requests_total");

    const exited = once(npm, "exit");
    process.kill(-npm.pid!, "SIGTERM");
    npm.kill("SIGTERM");
    expect(await exited).toEqual([0, null]);
  }, 90_000);

  it("stops at a bad variable with one message that names it, its value and what was expected", async () => {
    await expect(startProductProcess({ PORT: "http", DATA_DIR: ":memory:" })).rejects.toThrow(
      'PORT: expected a whole number in 0..65535, got "http"',
    );
  }, 60_000);
});

describe("the variables of a start", () => {
  const rows: readonly [string, Record<string, string>, string][] = [
    ["a port out of range", { PORT: "70000" }, 'PORT: expected a whole number in 0..65535, got "70000"'],
    [
      "an address of another database",
      { MONGODB_URI: "postgres://x", TOLLKEEPER_ADMIN_KEY: "k".repeat(24) },
      "MONGODB_URI: expected an address that begins with",
    ],
    [
      "a database of one's own without an operator key",
      { MONGODB_URI: "mongodb://x" },
      "TOLLKEEPER_ADMIN_KEY: expected the operator's key",
    ],
    [
      "real Stripe without an operator key",
      { STRIPE_SECRET_KEY: "sk_live_x", STRIPE_WEBHOOK_SECRET: "whsec_x" },
      "TOLLKEEPER_ADMIN_KEY: expected the operator's key",
    ],
    [
      "a key that is no secret key",
      { STRIPE_SECRET_KEY: "pk_test_x", STRIPE_WEBHOOK_SECRET: "whsec_x" },
      "STRIPE_SECRET_KEY: expected a secret key",
    ],
    [
      "a secret key without its webhook secret",
      { STRIPE_SECRET_KEY: "sk_test_x" },
      "STRIPE_WEBHOOK_SECRET: expected the endpoint's secret",
    ],
    [
      "a webhook secret without a key",
      { STRIPE_WEBHOOK_SECRET: "whsec_x" },
      "STRIPE_WEBHOOK_SECRET: expected STRIPE_SECRET_KEY beside it",
    ],
    [
      "a short operator key",
      { TOLLKEEPER_ADMIN_KEY: "short" },
      "TOLLKEEPER_ADMIN_KEY: expected at least 24 characters, got 5",
    ],
    ["another test clock than 0 or 1", { TEST_CLOCK: "yes" }, 'TEST_CLOCK: expected 0 or 1, got "yes"'],
    [
      "a test clock beside a real Stripe key",
      { TEST_CLOCK: "1", STRIPE_SECRET_KEY: "sk_live_x", STRIPE_WEBHOOK_SECRET: "whsec_x" },
      "TEST_CLOCK: expected no real Stripe key beside it, got one",
    ],
    [
      "a test clock beside a simulator that runs apart",
      {
        TEST_CLOCK: "1",
        STRIPE_URL: "http://127.0.0.1:1",
        STRIPE_SECRET_KEY: "sk_test_x",
        STRIPE_WEBHOOK_SECRET: "whsec_x",
      },
      "TEST_CLOCK: expected the built-in Stripe simulator beside it, got STRIPE_URL",
    ],
  ];
  it.each(rows)("refuse %s", (_what, variables, message) => {
    expect(() => readSettings(variables)).toThrow(message);
  });

  it("name every problem at once and repeat no secret", () => {
    const read = (): unknown => readSettings({ PORT: "x", STRIPE_SECRET_KEY: "pk_live_topsecret" });
    expect(read).toThrow(/PORT[\s\S]*STRIPE_SECRET_KEY[\s\S]*STRIPE_WEBHOOK_SECRET[\s\S]*TOLLKEEPER_ADMIN_KEY/);
    expect(read).not.toThrow(/topsecret/);
  });

  it("take two webhook secrets while one is being rolled", () => {
    const settings = readSettings({
      STRIPE_SECRET_KEY: "sk_test_x",
      STRIPE_WEBHOOK_SECRET: "whsec_a, whsec_b",
      TOLLKEEPER_ADMIN_KEY: "k".repeat(24),
    });
    expect(settings.stripe).toMatchObject({
      kind: "given",
      url: "https://api.stripe.com",
      webhookSecret: "whsec_a, whsec_b",
    });
  });
});
