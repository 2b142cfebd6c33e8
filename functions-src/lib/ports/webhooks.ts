import type { NotedRecord } from "./audit-log";
import type { Instant } from "../domain/instant";
import type { WebhookDelivery, WebhookEndpoint } from "../domain/webhook";

/** Subscribers and the log of what was sent to them. */
export interface WebhookStore {
  /** Stores an endpoint with the record of who made it. */
  insertEndpoint(endpoint: WebhookEndpoint, noted: NotedRecord): Promise<void>;
  findEndpoint(id: string): Promise<WebhookEndpoint | null>;
  /** All endpoints, at most 100. */
  listEndpoints(): Promise<readonly WebhookEndpoint[]>;
  /** Changes secrets or status of an endpoint, with the record of who did. */
  updateEndpoint(
    id: string,
    change: Partial<Pick<WebhookEndpoint, "secrets" | "status">>,
    noted: NotedRecord,
  ): Promise<void>;
  /** Stores a delivery unless it is known. */
  putDelivery(delivery: WebhookDelivery): Promise<void>;
  findDelivery(id: string): Promise<WebhookDelivery | null>;
  /** Takes a delivery for one try: nobody else gets it until `nextAttemptAt`. Null when it is not due, taken or ended. */
  claimDelivery(
    id: string,
    turn: { readonly now: Instant; readonly nextAttemptAt: Instant },
  ): Promise<WebhookDelivery | null>;
  /** Records how a try went. */
  updateDelivery(
    id: string,
    change: Pick<WebhookDelivery, "state" | "nextAttemptAt" | "status" | "failure">,
  ): Promise<void>;
  /** Makes a delivery due at once, with all its tries before it, and keeps the record of who did. */
  reopenDelivery(id: string, noted: NotedRecord): Promise<void>;
  /** Ids of deliveries that are due, oldest turn first, one page. */
  listDueDeliveries(page: { readonly now: Instant; readonly limit: number }): Promise<readonly string[]>;
  /** The log of an endpoint, newest first, one page. */
  listDeliveries(page: {
    readonly endpointId: string;
    readonly before: Instant | null;
    readonly limit: number;
  }): Promise<readonly WebhookDelivery[]>;
}

/** Signs and sends what subscribers get. */
export interface WebhookSender {
  /** Makes a fresh secret of the Standard Webhooks scheme, `whsec_...`. */
  newSecret(): string;
  /** Makes an id that nobody can guess. */
  newId(prefix: string): string;
  /**
   * Posts a body, signed with every secret. Answers the status.
   * Throws: an Error that says why there was no answer; redirects are not followed.
   */
  send(request: {
    readonly url: string;
    readonly messageId: string;
    readonly body: string;
    readonly secrets: readonly string[];
    readonly now: Instant;
  }): Promise<number>;
}
