/** Names the events that an object's change makes. */
export type EventRule = (
  after: Record<string, unknown>,
  before: Record<string, unknown> | undefined,
) => readonly string[];

const CLOSED: readonly unknown[] = ["won", "lost", "warning_closed"];

const refund: EventRule = (after, before) => {
  if (before === undefined) return ["refund.created"];
  if (before["status"] === after["status"]) return ["refund.updated"];
  const moved = ["refund.updated", "charge.refund.updated"];
  return after["status"] === "failed" ? [...moved, "refund.failed"] : moved;
};

/** A dispute tells where it stands first, then what its new balance transactions did to the account. */
const dispute: EventRule = (after, before) => {
  const ends = before?.["status"] !== after["status"] && CLOSED.includes(after["status"]);
  // What was closed once is not closed again: a late win is an update that brings the money back.
  const closes = ends && !CLOSED.includes(before?.["status"]);
  const stands = closes ? ["charge.dispute.closed"] : ["charge.dispute.updated"];
  const told = before === undefined ? ["charge.dispute.created", ...(closes ? stands : [])] : stands;
  return [
    ...told,
    ...movementsOf(after)
      .slice(movementsOf(before ?? {}).length)
      .map(moneyTypeOf),
  ];
};

interface Moved {
  readonly amount: number;
}

function movementsOf(object: Record<string, unknown>): readonly Moved[] {
  return (object["balance_transactions"] ?? []) as readonly Moved[];
}

function moneyTypeOf({ amount }: Moved): string {
  return amount < 0 ? "charge.dispute.funds_withdrawn" : "charge.dispute.funds_reinstated";
}

const warning: EventRule = (_after, before) => [
  before === undefined ? "radar.early_fraud_warning.created" : "radar.early_fraud_warning.updated",
];

/** The rules of what takes money back after it was paid. */
export const MONEY_BACK_RULES: Readonly<Record<string, EventRule>> = {
  refund,
  dispute,
  "radar.early_fraud_warning": warning,
};
