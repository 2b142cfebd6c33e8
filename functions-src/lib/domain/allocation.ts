import { type Amount, ZERO, minus, toAmount } from "./amount";
import { type SlotCalendar, slotBoundary } from "./calendar";
import { repayDebt } from "./debt";
import { canHold, nextIdOf } from "./entry";
import type { Instant } from "./instant";
import { DEFAULT_PRIORITY, type LotPart, type OpenLot, unitsLeft } from "./lot";
import { mulDiv } from "./mul-div";
import { takeInOrder } from "./receipt";
import { type WalletDraft, addLot, book, takeFromLots } from "./wallet-draft";

const PROTECTED_SUFFIX = "-protected";
const SUFFIX: Readonly<Record<LotPart, string>> = { whole: "", protected: PROTECTED_SUFFIX, atRisk: "-atRisk" };

/** What a plan grants for each slot. */
export interface AllocationTerms {
  readonly units: Amount;
  /**
   * What is carried over: percent of the units, at most `cap`, for so many slots more; null = nothing. With more than one slot
   * of life, `totalCap` bounds what all carried lots hold together.
   */
  readonly rollover: {
    readonly percent: number;
    readonly cap: Amount | null;
    readonly periods: number;
    readonly totalCap: Amount | null;
  } | null;
  readonly costMinor: Amount;
  readonly currency: string | null;
}

/**
 * The clock of one subscription's allocations, kept in the wallet so that whoever comes first makes what is due.
 * Holds: `nextAt` is the start of slot `slot`; the phase rises with each paid change, so a slot number never repeats a key.
 */
export interface AllocationClock {
  readonly subscriptionId: string;
  readonly phase: number;
  readonly slot: number;
  readonly calendar: SlotCalendar;
  readonly nextAt: Instant;
  /** Slots that start before this instant are paid; null = the plan is free and every slot is. */
  readonly paidUntil: Instant | null;
  readonly terms: AllocationTerms;
}

/** The instant at which a clock has something to make; null = nothing until more is paid. */
export function clockDueAt(clock: AllocationClock): Instant | null {
  return clock.paidUntil === null || clock.nextAt < clock.paidUntil ? clock.nextAt : null;
}

/** The key of a slot's grant: one per subscription, phase and slot, whoever makes it. */
export function allocationKey(clock: Pick<AllocationClock, "subscriptionId" | "phase" | "slot">): string {
  return `allocation:${clock.subscriptionId}:${clock.phase}:${clock.slot}`;
}

/**
 * Books the allocation of a clock's next slot and moves the clock on. With rollover it is two lots from the start: the
 * protected part lives some slots longer, the rest ends with the slot, so that spending takes first what would be lost.
 */
export function allocate(draft: WalletDraft, clock: AllocationClock, recordedAt: Instant): WalletDraft {
  const key = allocationKey(clock);
  const moved = moveClock(draft, clock);
  // A wallet at the largest amount takes no more; its clock goes on, or it would be due for ever.
  if (clock.terms.units === 0 || !canHold(draft.wallet, clock.terms.units)) return moved;
  const lots = lotsOf(draft, clock);
  const booked = book(moved, {
    kind: "grant",
    scope: "system",
    key,
    fingerprint: key,
    at: clock.nextAt,
    recordedAt,
    actor: { kind: "system", id: "allocation" },
    cause: { kind: "allocation", id: key },
    postings: [
      { account: "issued", amount: -clock.terms.units },
      { account: "available", amount: clock.terms.units },
    ],
    receipt: lots.map(({ lot }) => ({ lotId: lot.id, class: lot.class, amount: lot.granted })),
    answer: { amount: clock.terms.units },
    note: null,
  });
  const granted = lots.reduce(
    (current, { lot, part }) =>
      addLot(current, lot, {
        accountId: draft.wallet.accountId,
        walletId: draft.wallet.id,
        causeKey: key,
        part,
        parentLotId: null,
      }),
    booked,
  );
  // What an invoice pays for repays debt; what a free plan gives does not.
  const repaid =
    clock.paidUntil === null
      ? granted
      : repayDebt(
          granted,
          lots.map(({ lot }) => lot),
        );
  return expireExcess(repaid, clock, recordedAt);
}

/** Ends what carried lots hold above the total cap, those that would end first, first. */
function expireExcess(draft: WalletDraft, clock: AllocationClock, recordedAt: Instant): WalletDraft {
  const totalCap = clock.terms.rollover?.totalCap ?? null;
  if (totalCap === null) return draft;
  const carried = draft.open
    .filter((lot) => lot.class === "allocation" && lot.id.endsWith(PROTECTED_SUFFIX))
    .sort((left, right) => (left.expiresAt ?? 0) - (right.expiresAt ?? 0));
  const excess = unitsLeft(carried) - totalCap;
  if (excess <= 0) return draft;
  const receipt = takeInOrder(carried, toAmount(excess));
  const key = `excess:${allocationKey(clock)}`;
  const booked = book(draft, {
    kind: "expire",
    scope: "system",
    key,
    fingerprint: key,
    at: clock.nextAt,
    recordedAt,
    actor: { kind: "system", id: "allocation" },
    cause: { kind: "allocation", id: allocationKey(clock) },
    postings: [
      { account: "available", amount: -excess },
      { account: "expired", amount: excess },
    ],
    receipt,
    answer: { amount: excess },
    note: null,
  });
  return takeFromLots(booked, receipt);
}

function moveClock(draft: WalletDraft, clock: AllocationClock): WalletDraft {
  const slot = clock.slot + 1;
  const next = { ...clock, slot, nextAt: slotBoundary(clock.calendar, slot) };
  const clocks = draft.wallet.clocks.map((other) => (other === clock ? next : other));
  return { ...draft, wallet: { ...draft.wallet, clocks } };
}

interface AllocatedLot {
  readonly lot: OpenLot;
  readonly part: LotPart;
}

function lotsOf(draft: WalletDraft, clock: AllocationClock): readonly AllocatedLot[] {
  const { units, rollover } = clock.terms;
  const end = (slotsLater: number): Instant => slotBoundary(clock.calendar, clock.slot + 1 + slotsLater);
  const carried = rollover === null ? ZERO : carriedUnits(units, rollover);
  const parts: readonly { part: LotPart; granted: Amount; expiresAt: Instant }[] =
    rollover === null || carried === 0
      ? [{ part: "whole", granted: units, expiresAt: end(0) }]
      : [
          { part: "protected", granted: carried, expiresAt: end(rollover.periods) },
          { part: "atRisk", granted: minus(units, carried), expiresAt: end(0) },
        ];
  return parts
    .filter(({ granted }) => granted > 0)
    .map(({ part, granted, expiresAt }) => ({ part, lot: allocatedLot(draft, clock, { part, granted, expiresAt }) }));
}

function carriedUnits(units: Amount, rollover: NonNullable<AllocationTerms["rollover"]>): Amount {
  const share = mulDiv(units, toAmount(rollover.percent), toAmount(100), "down");
  return rollover.cap === null ? share : toAmount(Math.min(share, rollover.cap));
}

function allocatedLot(
  { wallet }: WalletDraft,
  clock: AllocationClock,
  facts: { readonly part: LotPart; readonly granted: Amount; readonly expiresAt: Instant },
): OpenLot {
  const { units, costMinor, currency } = clock.terms;
  return {
    id: `${nextIdOf("lot", wallet)}${SUFFIX[facts.part]}`,
    class: "allocation",
    priority: DEFAULT_PRIORITY,
    scope: null,
    effectiveAt: clock.nextAt,
    expiresAt: facts.expiresAt,
    costMinor: mulDiv(costMinor, facts.granted, units, "down"),
    currency,
    grantedAt: clock.nextAt,
    rootCause: allocationKey(clock),
    granted: facts.granted,
    remaining: facts.granted,
    pending: false,
    frozenBy: [],
  };
}
