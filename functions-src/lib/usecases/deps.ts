import type { Catalog } from "../domain/catalog";
import type { Outcome, WalletCommand } from "../domain/commands";
import type { Instant } from "../domain/instant";
import type { WalletRef } from "../domain/wallet";
import type { AccountStore } from "../ports/account-store";
import type { AuditLog } from "../ports/audit-log";
import type { CatalogStore } from "../ports/catalog-store";
import type { DriftStore } from "../ports/drift-store";
import type { Digest } from "../ports/digest";
import type { InboxStore } from "../ports/inbox-store";
import type { LeaseStore } from "../ports/lease-store";
import type { Log } from "../ports/log";
import type { OperationStore } from "../ports/operation-store";
import type { OutboxStore } from "../ports/outbox-store";
import type { PaymentRecords } from "../ports/payment-records";
import type { Payments } from "../ports/payments";
import type { StripeLinkStore } from "../ports/stripe-links";
import type { Timing } from "../ports/timing";
import type { UsageStore } from "../ports/usage-store";
import type { WebhookSender, WebhookStore } from "../ports/webhooks";
import type { WalletStore } from "../ports/wallet-store";

/** Posts a command to a wallet through its queue; the only way to change a balance. */
export type PostToWallet = (ref: WalletRef, command: WalletCommand, now: Instant) => Promise<Outcome>;

/** Everything that use cases need from outside, built once per worker by `edge/compose.ts`. */
export interface Deps {
  readonly wallets: WalletStore;
  readonly accounts: AccountStore;
  readonly catalogVersions: CatalogStore;
  readonly operations: OperationStore;
  readonly inbox: InboxStore;
  readonly leases: LeaseStore;
  readonly usage: UsageStore;
  readonly links: StripeLinkStore;
  readonly paymentRecords: PaymentRecords;
  readonly outbox: OutboxStore;
  readonly drifts: DriftStore;
  readonly audit: AuditLog;
  readonly webhooks: WebhookStore;
  readonly webhookSender: WebhookSender;
  readonly payments: Payments;
  readonly digest: Digest;
  readonly timing: Timing;
  readonly log: Log;
  readonly post: PostToWallet;
  /** The newest catalog, read again when it is older than half a minute. */
  readonly catalog: (now: Instant) => Promise<Catalog>;
}
