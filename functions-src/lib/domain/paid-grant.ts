import type { GrantCommand } from "./commands";
import type { Instant } from "./instant";
import { DEFAULT_PRIORITY } from "./lot";
import { NO_CLAIMS, type PaymentClaims, type PaymentFact } from "./payment";

const DAY_MS = 86_400_000;

/** A payment that just arrived, and how long the units that it bought live; null = for ever. */
export interface ArrivedPayment extends Omit<PaymentFact, keyof PaymentClaims> {
  readonly kind: "pack" | "top_up";
  readonly lifeDays: number | null;
}

/** Turns a payment into the grant of what it bought, keyed by its cause. */
export function paidGrant({ kind, lifeDays, ...payment }: ArrivedPayment): GrantCommand {
  const { cause, unitsGranted, valueMinor, currency, paidAt } = payment;
  return {
    kind: "grant",
    identity: { scope: "system", key: cause, fingerprint: cause },
    actor: { kind: "system", id: "stripe" },
    note: null,
    amount: unitsGranted,
    class: "pack",
    priority: DEFAULT_PRIORITY,
    scope: null,
    effectiveAt: null,
    expiresAt: lifeEnd(paidAt, lifeDays),
    costMinor: valueMinor,
    currency,
    cause: { kind, id: cause },
    payment: { ...payment, ...NO_CLAIMS },
  };
}

function lifeEnd(paidAt: Instant, lifeDays: number | null): Instant | null {
  return lifeDays === null ? null : paidAt + lifeDays * DAY_MS;
}
