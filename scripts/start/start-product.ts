import { join } from "node:path";
import { API_VERSION } from "../../functions-src/lib/adapters/stripe/gateway";
import { type Local, startLocal } from "../../platform/local/start-local";
import { ROOT } from "../build/definitions";
import { localSecrets } from "./local-secrets";
import { type Preparation, prepareDatabase } from "./prepare-database";
import { STRIPE_URL, type Settings } from "./settings";

/** A running product with what its summary needs. */
export interface Product extends Local {
  readonly adminKey: string;
  readonly preparation: Preparation;
}

/** Starts everything that the settings ask for, on the tree as it was built. */
export async function startProduct(settings: Settings, log: (line: string) => void): Promise<Product> {
  const secrets = localSecrets(settings.dataDir);
  const adminKey = settings.adminKey ?? secrets.adminKey;
  const identityKey = settings.identityKey ?? secrets.identityKey;
  const realMoney = settings.stripe.kind === "given" && settings.stripe.url === STRIPE_URL;
  let preparation: Preparation = { changes: [], publication: null };

  const local = await startLocal({
    tree: join(ROOT, "app"),
    port: settings.port,
    dataDir: settings.dataDir,
    mongodbUri: settings.mongodbUri,
    stripe:
      settings.stripe.kind === "given"
        ? settings.stripe
        : {
            kind: "simulator",
            secretKey: secrets.stripeSecretKey,
            webhookSecret: secrets.stripeWebhookSecret,
            apiVersion: API_VERSION,
            webhookRoute: "/stripe/webhook",
          },
    adminKey,
    secrets: {
      identityKey,
      stripeAutomaticTax: settings.automaticTax ? "1" : "0",
      stripeInvoices: settings.invoices ? "1" : "0",
    },
    prepareDatabase: async (uri) => {
      preparation = await prepareDatabase(uri, {
        embedded: settings.mongodbUri === null,
        identityKey,
        publishDemo: !realMoney,
      });
    },
    log,
    ...(settings.testClock ? { testClock: {} } : {}),
  });
  return { ...local, adminKey, preparation };
}
