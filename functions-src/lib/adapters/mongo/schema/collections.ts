import { accountsDefinition, identityMarksDefinition, usersDefinition } from "./accounts";
import {
  entryNotesDefinition,
  operationsDefinition,
  paymentsDefinition,
  plansDefinition,
  stripeEventBodiesDefinition,
  stripeEventsDefinition,
  stripeLinksDefinition,
} from "./billing";
import { auditLogDefinition } from "./audit-log";
import type { CollectionDefinition } from "./define-collection";
import { driftsDefinition, jobsDefinition } from "./drifts";
import { holdsDefinition } from "./holds";
import { leasesDefinition } from "./leases";
import { ledgerDefinition } from "./ledger";
import { lotStatesDefinition, lotsDefinition } from "./lots";
import { outboxDefinition } from "./outbox";
import { usageCountersDefinition, usageKeysDefinition } from "./usage";
import { walletsDefinition } from "./wallets";
import { webhookDeliveriesDefinition, webhookEndpointsDefinition } from "./webhooks";

/** The name of the product's database. */
export const DATABASE_NAME = "tollkeeper";

/** Every collection of the product. The build, `db:apply` and the start read this list and nothing else. */
export const COLLECTIONS: readonly CollectionDefinition[] = [
  accountsDefinition,
  usersDefinition,
  identityMarksDefinition,
  walletsDefinition,
  lotsDefinition,
  lotStatesDefinition,
  holdsDefinition,
  ledgerDefinition,
  auditLogDefinition,
  entryNotesDefinition,
  webhookEndpointsDefinition,
  webhookDeliveriesDefinition,
  outboxDefinition,
  plansDefinition,
  operationsDefinition,
  paymentsDefinition,
  stripeLinksDefinition,
  stripeEventsDefinition,
  stripeEventBodiesDefinition,
  driftsDefinition,
  jobsDefinition,
  leasesDefinition,
  usageKeysDefinition,
  usageCountersDefinition,
];
