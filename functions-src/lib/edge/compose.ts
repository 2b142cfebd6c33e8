import { createAccountStore } from "../adapters/mongo/account-store";
import { createAuditLog } from "../adapters/mongo/audit-log";
import { createCatalogStore } from "../adapters/mongo/catalog-store";
import { createDriftStore } from "../adapters/mongo/drift-store";
import {
  type AppServicesBson,
  type AppServicesClient,
  createDatabaseFromAppServices,
} from "../adapters/mongo/from-app-services";
import { createInboxStore } from "../adapters/mongo/inbox-store";
import { createLeaseStore } from "../adapters/mongo/lease-store";
import { createOperationStore } from "../adapters/mongo/operation-store";
import { DATABASE_NAME } from "../adapters/mongo/schema/collections";
import { createOutbox } from "../adapters/mongo/outbox";
import { createPaymentRecords } from "../adapters/mongo/payments";
import { createStripeLinkStore } from "../adapters/mongo/stripe-link-store";
import { createUsageStore } from "../adapters/mongo/usage-store";
import { createWebhookStore } from "../adapters/mongo/webhook-store";
import { createWalletStore } from "../adapters/mongo/wallet-store";
import { createDigest } from "../adapters/node/digest";
import { createTiming } from "../adapters/node/timing";
import { createWebhookSender } from "../adapters/node/webhook-sender";
import { type StripeSettings, createPayments } from "../adapters/stripe/gateway";
import type { Catalog } from "../domain/catalog";
import { newestVersions } from "../domain/catalog";
import type { Instant } from "../domain/instant";
import type { CatalogStore } from "../ports/catalog-store";
import type { Database } from "../ports/collection";
import type { Deps } from "../usecases/deps";
import { postToWallet } from "../usecases/post-to-wallet";
import { createWalletQueue } from "../usecases/wallet-queue";
import type { AppServicesContext, Invocation } from "./invocation";
import { createLog } from "./log";

/** The data source of the tree that holds the product's database. */
const DATA_SOURCE = "mongodb-atlas";
const CATALOG_AGE_MS = 30_000;

/** What differs between installations. */
interface Settings {
  readonly identityKey: string;
  readonly stripe: StripeSettings;
}

let composed: Deps | undefined;

/** Builds everything once per worker, at its first call, and keeps it: the queue, the catalog and the clients are shared. */
export function depsOf(invocation: Invocation): Deps {
  composed ??= createDeps(databaseOf(invocation), settingsOf(invocation.context));
  return composed;
}

/** Builds everything over a database, top to bottom. */
function createDeps(database: Database, settings: Settings): Deps {
  const stored = overDatabase(database, {
    payments: createPayments(settings.stripe),
    digest: createDigest(settings.identityKey),
    timing: createTiming(),
    log: createLog(),
    webhookSender: createWebhookSender(),
  });
  return { ...stored, catalog: createCatalogReader(stored.catalogVersions) };
}

/** Builds the stores and the queue over a database, beside what does not come from it. */
export function overDatabase<Outside extends Pick<Deps, "payments" | "digest" | "timing" | "log" | "webhookSender">>(
  database: Database,
  outside: Outside,
): Outside & Omit<Deps, "catalog"> {
  const wallets = createWalletStore(database);
  const posting = { ...outside, wallets };
  return {
    ...outside,
    wallets,
    accounts: createAccountStore(database),
    catalogVersions: createCatalogStore(database),
    operations: createOperationStore(database),
    inbox: createInboxStore(database),
    leases: createLeaseStore(database),
    usage: createUsageStore(database),
    links: createStripeLinkStore(database),
    paymentRecords: createPaymentRecords(database),
    outbox: createOutbox(database),
    webhooks: createWebhookStore(database),
    drifts: createDriftStore(database),
    audit: createAuditLog(database),
    post: createWalletQueue((ref, commands, now) => postToWallet(posting, ref, commands, now)),
  };
}

/** Keeps the newest catalog for half a minute; an empty one is read again at once. */
function createCatalogReader(versions: CatalogStore): (now: Instant) => Promise<Catalog> {
  let snapshot: { readonly catalog: Catalog; readonly readAt: Instant } | undefined;
  return async (now) => {
    const fresh = snapshot !== undefined && Math.abs(now - snapshot.readAt) < CATALOG_AGE_MS;
    if (snapshot !== undefined && fresh && snapshot.catalog.plans.length > 0) return snapshot.catalog;
    snapshot = { catalog: newestVersions(await versions.listVersions()), readAt: now };
    return snapshot.catalog;
  };
}

function databaseOf({ context, bson }: Invocation): Database {
  const client = context.services.get(DATA_SOURCE);
  if (client === undefined) throw new Error(`The tree has no data source "${DATA_SOURCE}"`);
  return createDatabaseFromAppServices(client as AppServicesClient, bson as AppServicesBson, DATABASE_NAME);
}

function settingsOf(context: AppServicesContext): Settings {
  return {
    identityKey: valueOf(context, "identityKey"),
    stripe: {
      secretKey: valueOf(context, "stripeSecretKey"),
      // Two secrets, separated by a comma, while one is being rolled.
      webhookSecrets: valueOf(context, "stripeWebhookSecret")
        .split(",")
        .map((secret) => secret.trim()),
      url: valueOf(context, "stripeUrl"),
      sales: {
        automaticTax: valueOf(context, "stripeAutomaticTax") === "1",
        invoices: valueOf(context, "stripeInvoices") === "1",
      },
    },
  };
}

function valueOf(context: AppServicesContext, name: string): string {
  const value = context.values.get(name);
  if (typeof value === "string") return value;
  throw new Error(`values/${name}.json: expected a text behind the secret, found ${typeof value}`);
}
