import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Secrets that an installation on one machine makes for itself. */
export interface LocalSecrets {
  readonly adminKey: string;
  readonly identityKey: string;
  readonly stripeSecretKey: string;
  readonly stripeWebhookSecret: string;
}

/**
 * Gives the secrets of a data folder: made once, readable by the owner only, the same at every start.
 * `:memory:` makes new ones each time.
 * Throws: an Error naming the file when it holds something else.
 */
export function localSecrets(dataDir: string): LocalSecrets {
  if (dataDir === ":memory:") return makeSecrets();
  const file = join(dataDir, "secrets.json");
  if (existsSync(file)) return readSecrets(file);
  mkdirSync(dataDir, { recursive: true });
  const secrets = makeSecrets();
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return secrets;
}

function makeSecrets(): LocalSecrets {
  const random = (): string => randomBytes(24).toString("hex");
  return {
    adminKey: `tk_admin_${random()}`,
    identityKey: random(),
    stripeSecretKey: `sk_test_${random()}`,
    stripeWebhookSecret: `whsec_${random()}`,
  };
}

function readSecrets(file: string): LocalSecrets {
  const content = parse(file);
  const read = (name: keyof LocalSecrets): string => {
    const value = content[name];
    if (typeof value === "string" && value.length >= 24) return value;
    throw new Error(
      `${file}: expected "${name}" as a text of at least 24 characters; delete the file to make new secrets`,
    );
  };
  return {
    adminKey: read("adminKey"),
    identityKey: read("identityKey"),
    stripeSecretKey: read("stripeSecretKey"),
    stripeWebhookSecret: read("stripeWebhookSecret"),
  };
}

function parse(file: string): Partial<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Partial<Record<string, unknown>>;
  } catch (error) {
    throw new Error(`${file}: expected JSON; delete the file to make new secrets`, { cause: error });
  }
}
