import { join } from "node:path";
import { ROOT } from "../build/definitions";

/** What an installation runs beside: its own Stripe account, a simulator started apart, or the built-in simulator. */
export type StripeChoice =
  | { readonly kind: "simulator" }
  | { readonly kind: "given"; readonly url: string; readonly secretKey: string; readonly webhookSecret: string };

/** The settings of a start, read from variables and checked. */
export interface Settings {
  readonly port: number;
  readonly mongodbUri: string | null;
  readonly dataDir: string;
  readonly stripe: StripeChoice;
  /** null in development: one is generated and printed. */
  readonly adminKey: string | null;
  /** null: one is generated and kept in DATA_DIR. */
  readonly identityKey: string | null;
  /** Whether Stripe adds tax to checkouts. */
  readonly automaticTax: boolean;
  /** Whether Stripe makes an invoice of each checkout. */
  readonly invoices: boolean;
  /** Whether runtime and simulator share a clock that stands still until it is moved. */
  readonly testClock: boolean;
}

/** Stripe itself. */
export const STRIPE_URL = "https://api.stripe.com";

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the variables of a start.
 * Throws: an Error with one line per bad variable: its name, its value, and what was expected. Secrets are not repeated.
 */
export function readSettings(variables: Variables): Settings {
  const problems: string[] = [];
  const value = (name: string): string | null => {
    const content = variables[name];
    return content === undefined || content.trim() === "" ? null : content.trim();
  };
  const settings: Settings = {
    port: readPort(value("PORT"), problems),
    mongodbUri: readMongodbUri(value("MONGODB_URI"), problems),
    dataDir: value("DATA_DIR") ?? join(ROOT, ".data"),
    stripe: readStripe(value, problems),
    adminKey: readKey("TOLLKEEPER_ADMIN_KEY", value("TOLLKEEPER_ADMIN_KEY"), problems),
    identityKey: readKey("TOLLKEEPER_IDENTITY_KEY", value("TOLLKEEPER_IDENTITY_KEY"), problems),
    automaticTax: readSwitch("STRIPE_AUTOMATIC_TAX", value, problems),
    invoices: readSwitch("STRIPE_INVOICES", value, problems),
    testClock: readTestClock(value, problems),
  };
  const production = settings.mongodbUri !== null || settings.stripe.kind === "given";
  if (production && value("TOLLKEEPER_ADMIN_KEY") === null) {
    problems.push(
      "TOLLKEEPER_ADMIN_KEY: expected the operator's key, at least 24 characters, because MONGODB_URI or STRIPE_SECRET_KEY is set; got nothing",
    );
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return settings;
}

function readPort(text: string | null, problems: string[]): number {
  const port = text === null ? 4000 : Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  problems.push(`PORT: expected a whole number in 0..65535, got "${text}"`);
  return 0;
}

function readMongodbUri(uri: string | null, problems: string[]): string | null {
  if (uri !== null && !/^mongodb(\+srv)?:\/\//.test(uri)) {
    problems.push('MONGODB_URI: expected an address that begins with "mongodb://" or "mongodb+srv://"');
  }
  return uri;
}

function readStripe(value: (name: string) => string | null, problems: string[]): StripeChoice {
  const secretKey = value("STRIPE_SECRET_KEY");
  const url = value("STRIPE_URL");
  const webhookSecret = value("STRIPE_WEBHOOK_SECRET");
  if (url !== null && !URL.canParse(url)) problems.push(`STRIPE_URL: expected an http address, got "${url}"`);
  if (secretKey === null) {
    for (const [name, given] of [
      ["STRIPE_URL", url],
      ["STRIPE_WEBHOOK_SECRET", webhookSecret],
    ] as const) {
      if (given !== null) problems.push(`${name}: expected STRIPE_SECRET_KEY beside it, got nothing`);
    }
    return { kind: "simulator" };
  }
  if (!/^(sk|rk)_(test|live)_\w+$/.test(secretKey)) {
    problems.push("STRIPE_SECRET_KEY: expected a secret key such as sk_test_... or sk_live_...");
  }
  if (webhookSecret === null || !webhookSecret.split(",").every((secret) => secret.trim().startsWith("whsec_"))) {
    problems.push(
      "STRIPE_WEBHOOK_SECRET: expected the endpoint's secret whsec_..., two separated by a comma while rolling",
    );
  }
  return { kind: "given", url: url ?? STRIPE_URL, secretKey, webhookSecret: webhookSecret ?? "" };
}

/** Time must not stand still for real money, nor be another than that of a simulator which runs apart. */
function readTestClock(value: (name: string) => string | null, problems: string[]): boolean {
  const still = readSwitch("TEST_CLOCK", value, problems);
  if (still && value("STRIPE_URL") !== null) {
    problems.push("TEST_CLOCK: expected the built-in Stripe simulator beside it, got STRIPE_URL");
  } else if (still && value("STRIPE_SECRET_KEY") !== null) {
    problems.push("TEST_CLOCK: expected no real Stripe key beside it, got one");
  }
  return still;
}

function readSwitch(name: string, value: (name: string) => string | null, problems: string[]): boolean {
  const choice = value(name);
  if (choice !== null && choice !== "0" && choice !== "1") problems.push(`${name}: expected 0 or 1, got "${choice}"`);
  return choice === "1";
}

function readKey(name: string, key: string | null, problems: string[]): string | null {
  const minimum = name === "TOLLKEEPER_IDENTITY_KEY" ? 32 : 24;
  if (key !== null && key.length < minimum) {
    problems.push(`${name}: expected at least ${minimum} characters, got ${key.length}`);
  }
  return key;
}
