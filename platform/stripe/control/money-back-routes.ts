import type { FastifyInstance, FastifyRequest } from "fastify";
import type Stripe from "stripe";
import { z } from "zod";
import type { Clock } from "../core/clock";
import { timeOfCall } from "../core/living-time";
import type { Store, Transaction } from "../core/store";
import { resourceMissing } from "../http/stripe-error";
import { moveDispute, type DisputeStatus } from "../objects/move-dispute";
import { FAILURE_REASONS, moveRefund, type RefundMove } from "../objects/move-refund";
import { DISPUTE_REASONS, openDispute, OPENINGS } from "../objects/open-dispute";
import { FRAUD_TYPES, openWarning } from "../objects/open-warning";
import { readBody, route } from "./json-route";

interface MoneyBack {
  readonly store: Store;
  readonly clock: Clock;
  /** Resolves when what was done is kept and its events are on their way. */
  readonly committed: <T>(work: T) => Promise<T>;
}

const oneOf = <T extends string>(values: readonly T[]) =>
  z.enum(values as [T, ...T[]], `expected one of ${values.join(", ")}`);

const emptyBody = z.strictObject({});
const disputeBody = z.strictObject({
  charge: z.string("expected the id of a charge"),
  reason: oneOf(DISPUTE_REASONS).default("fraudulent"),
  amount: z.number("expected a whole number, 1 or more").int().min(1).optional(),
  opens: oneOf(OPENINGS).default("chargeback"),
});
const closeBody = z.strictObject({ outcome: oneOf(["won", "lost", "warning_closed", "prevented"]) });
const failBody = z.strictObject({ reason: oneOf(FAILURE_REASONS).default("unknown") });
const warningBody = z.strictObject({
  charge: z.string("expected the id of a charge"),
  fraud_type: oneOf(FRAUD_TYPES).default("made_with_stolen_card"),
});
const courseBody = z.strictObject({ begins: oneOf(["succeeded", "pending", "requires_action"]) });

/** Serves what banks and cardholders do about charges: refunds that arrive or fail, disputes, fraud warnings. */
export function serveMoneyBack(server: FastifyInstance, { store, clock, committed }: MoneyBack): void {
  const keep = <T>(about: string, work: (tx: Transaction, now: number) => T): Promise<T> =>
    committed(store.atomically(null, (tx) => work(tx, timeOfCall(tx, [about], clock.nowSeconds()))));
  const refundMove = (verb: string, moveOf: (body: unknown) => Omit<RefundMove, "now">): void =>
    route(server, "POST", `/_sim/refund/:id/${verb}`, (request, body) => {
      const move = moveOf(body);
      return keep(idOf(request), (tx, now) => moveRefund(tx, idOf(request), { ...move, now }));
    });
  const disputeMove = (verb: string, statusOf: (body: unknown) => DisputeStatus): void =>
    route(server, "POST", `/_sim/dispute/:id/${verb}`, (request, body) => {
      const to = statusOf(body);
      return keep(idOf(request), (tx, now) => moveDispute(tx, idOf(request), { to, now }));
    });
  const always =
    <T>(value: T) =>
    (body: unknown): T => {
      readBody(emptyBody, body);
      return value;
    };

  route(server, "POST", "/_sim/charge/:id/refunds", (request, body) => {
    const refundCourse = { ...readBody(courseBody, body), ends: null };
    return keep(idOf(request), (tx) => {
      const { id } = chargeOf(tx, idOf(request));
      tx.putQuietly("charge_details", { id, refundCourse });
      return { charge: id, ...refundCourse };
    });
  });
  refundMove("settle", always({ to: "succeeded" }));
  refundMove("act", always({ to: "pending" }));
  refundMove("cancel", always({ to: "canceled" }));
  refundMove("fail", (body) => ({ to: "failed", failureReason: readBody(failBody, body).reason }));

  route(server, "POST", "/_sim/dispute", (_request, body) => {
    const { charge, ...opening } = readBody(disputeBody, body);
    return keep(charge, (tx, now) => openDispute(tx, chargeOf(tx, charge), { ...opening, now }));
  });
  disputeMove("escalate", always("needs_response"));
  disputeMove("appeal", always("appeal_needs_response"));
  disputeMove("close", (body) => readBody(closeBody, body).outcome);

  route(server, "POST", "/_sim/fraud_warning", (_request, body) => {
    const { charge, fraud_type: fraudType } = readBody(warningBody, body);
    return keep(charge, (tx, now) => openWarning(tx, chargeOf(tx, charge), { fraudType, now }));
  });
}

function idOf({ params }: FastifyRequest): string {
  return (params as Record<string, string>)["id"] ?? "";
}

function chargeOf(tx: Transaction, id: string): Stripe.Charge {
  const charge = tx.get("charge", id);
  if (charge === undefined) throw resourceMissing("charge", id);
  return charge;
}
