import type { User } from "realm-web";
import type { BalanceAnswer, ConsumeAnswer, Refusal, VerifyAnswer } from "../../functions-src/lib/contract";
import type { AllocationClock } from "../../functions-src/lib/domain/allocation";
import { toAmount } from "../../functions-src/lib/domain/amount";
import type { SlotCalendar } from "../../functions-src/lib/domain/calendar";
import { emptyWallet } from "../../functions-src/lib/domain/wallet";
import { MemoryWallet } from "../support/builders";
import { call, databaseOf } from "../support/product";
import { DAY, HOUR, SECOND, balanceOf, historyOf, startTravelling, type Customer, type Travelled } from "./travel";

let product: Travelled;
let customer: Customer;

beforeAll(async () => {
  product = await startTravelling(Date.UTC(2043, 9, 10, 12));
});
afterAll(() => product.close());
beforeEach(async () => {
  customer = await product.newCustomer();
});
afterEach(async () => {
  // Whatever happened, the wallet follows from its ledger.
  const { accountId } = customer;
  expect(await product.operate<VerifyAnswer>("admin/verify", { accountId })).toMatchObject({ ok: true, problems: [] });
});

/** A clock of 100 tokens a month from an instant, as a subscription will put it into the wallet. */
const clockOf = (calendar: SlotCalendar, more: Partial<AllocationClock> = {}): AllocationClock => ({
  subscriptionId: "sub",
  phase: 1,
  slot: 0,
  calendar,
  nextAt: calendar.startAt,
  paidUntil: null,
  terms: { units: toAmount(100), rollover: null, costMinor: toAmount(0), currency: null },
  ...more,
});
const put = ({ accountId }: Customer, clock: AllocationClock | null): Promise<void> =>
  product.wallets.putClock({ accountId, unit: "tokens" }, "sub", clock);
const consume = (user: User, key: string, amount: number): Promise<ConsumeAnswer | Refusal> =>
  call(user, "wallet/consume", { key, amount });

/** When the allocations of a customer began, as their history tells it. */
async function allocationsOf(user: User): Promise<string[]> {
  const entries = await historyOf(user);
  return entries.filter(({ cause }) => cause.kind === "allocation").map(({ at }) => new Date(at).toISOString());
}

/** The month's tokens in hand: from when to when, and how many. */
function monthIn(balance: BalanceAnswer): { from: string; until: string; remaining: number }[] {
  return balance.lots
    .filter((lot) => lot.class === "allocation")
    .map(({ effectiveAt, expiresAt, remaining }) => ({
      from: new Date(effectiveAt).toISOString(),
      until: new Date(expiresAt ?? 0).toISOString(),
      remaining,
    }));
}

describe("a month of the customer's own time zone begins at their midnight, once", () => {
  it("follows the clocks out of summer time and on the far side of the date line, without a gap or a second month", async () => {
    const start = await product.now();
    const zones: readonly [string, readonly string[]][] = [
      // Fourteen hours ahead of UTC, a month begins while UTC is still in the one before.
      ["Pacific/Kiritimati", ["2043-10-31T10:00:00.000Z", "2043-11-30T10:00:00.000Z"]],
      // Summer time ends in Havana on 1 November 2043, from 01:00 to 00:00: that midnight occurs twice and counts once.
      ["America/Havana", ["2043-11-01T04:00:00.000Z", "2043-12-01T05:00:00.000Z"]],
    ];
    const customers = await Promise.all(zones.map(() => product.newCustomer()));
    for (const [index, [timeZone]] of zones.entries()) {
      await put(customers[index] ?? customer, clockOf({ mode: "calendar", startAt: start, timeZone }));
    }
    for (const slot of [0, 1]) {
      for (const [index, [, starts]] of zones.entries()) {
        const user = await (customers[index] ?? customer).session();
        const [boundary, before] = [starts[slot] ?? "", starts[slot - 1] ?? new Date(start).toISOString()];
        // The last moment before local midnight has the old month's tokens alone, and midnight the new month's alone.
        await product.travelTo(Date.parse(boundary) - 1);
        expect(monthIn(await balanceOf(user))).toEqual([{ from: before, until: boundary, remaining: 100 }]);
        await product.travelTo(Date.parse(boundary));
        expect(monthIn(await balanceOf(user))).toMatchObject([{ from: boundary, remaining: 100 }]);
      }
    }
    // The second hour of midnight in Havana and all sweeps since have made no month more.
    for (const [index, [, starts]] of zones.entries()) {
      const each = customers[index] ?? customer;
      expect(await allocationsOf(await each.session())).toEqual([new Date(start).toISOString(), ...starts]);
      await put(each, null);
    }
  });

  it("moves a midnight that does not exist forward to the first moment of that day", () => {
    // Asuncion skipped the first hour of 1 October 2017; only a wallet without the product can go back there.
    const startAt = Date.parse("2017-09-15T12:00:00Z");
    const memory = new MemoryWallet();
    memory.wallet = {
      ...emptyWallet({ accountId: "acc", unit: "tokens" }),
      clocks: [clockOf({ mode: "calendar", startAt, timeZone: "America/Asuncion" })],
    };
    memory.post([], Date.parse("2017-11-15T12:00:00Z"));
    const granted = memory.entries.filter(({ kind }) => kind === "grant").map(({ at }) => new Date(at).toISOString());
    expect(granted).toEqual(["2017-09-15T12:00:00.000Z", "2017-10-01T04:00:00.000Z", "2017-11-01T03:00:00.000Z"]);
  });

  it("leaves the month in hand as it is when the zone changes, and counts in the new zone from the next one", async () => {
    await product.travelTo(Date.UTC(2043, 11, 10, 12));
    const startAt = await product.now();
    await put(customer, clockOf({ mode: "calendar", startAt, timeZone: "Europe/Berlin" }));
    const user = await customer.session();
    await consume(user, "first", 5);
    const inHand = monthIn(await balanceOf(user));
    expect(inHand).toMatchObject([{ until: "2043-12-31T23:00:00.000Z", remaining: 95 }]);

    const { clocks } = (await product.wallets.loadWallet({ accountId: customer.accountId, unit: "tokens" })) ?? {};
    const [clock] = clocks ?? [];
    if (clock === undefined) throw new Error("The wallet lost its clock");
    await put(customer, { ...clock, calendar: { mode: "calendar", startAt, timeZone: "America/New_York" } });
    expect(monthIn(await balanceOf(user))).toEqual(inHand);
    await product.travelTo(Date.UTC(2044, 0, 1));
    expect(monthIn(await balanceOf(await customer.session()))).toEqual([
      { from: "2043-12-31T23:00:00.000Z", until: "2044-02-01T05:00:00.000Z", remaining: 100 },
    ]);
    await put(customer, null);
  });
});

describe("a subscription that began on the 31st keeps its day", () => {
  it("goes from 31 January to 29 February and back to 31 March, with no gap and no overlap", async () => {
    const startAt = Date.parse("2044-01-31T10:15:00Z");
    await product.travelTo(startAt);
    await put(customer, clockOf({ mode: "anniversary", startAt }));
    const days = ["2044-01-31", "2044-02-29", "2044-03-31", "2044-04-30"];
    const starts = days.map((day) => `${day}T10:15:00.000Z`);
    for (const [index, until] of starts.slice(1).entries()) {
      // The whole month, to its last millisecond, has its own tokens and no other.
      for (const instant of [Date.parse(starts[index] ?? ""), Date.parse(until) - 1]) {
        await product.travelTo(instant);
        const balance = await balanceOf(await customer.session());
        expect(monthIn(balance)).toEqual([{ from: starts[index], until, remaining: 100 }]);
        expect(balance.nextExpiry).toEqual({ at: new Date(until), amount: 100 });
      }
    }
    await put(customer, null);
    expect(await allocationsOf(await customer.session())).toEqual(starts.slice(0, -1));
  });
});

describe("a yearly plan gives its tokens month by month", () => {
  it("makes twelve months of one payment, shows the end of the month and not of the year, and stops", async () => {
    const startAt = Date.parse("2044-07-15T08:00:00Z");
    const boundary = (slot: number): number => Date.UTC(2044, 6 + slot, 15, 8);
    await product.travelTo(startAt);
    const year = { paidUntil: boundary(12) };
    await put(customer, clockOf({ mode: "anniversary", startAt }, year));
    const leaver = await product.newCustomer();
    await put(leaver, clockOf({ mode: "anniversary", startAt }, year));

    for (const slot of [0, 1, 3, 11]) {
      await product.travelTo(boundary(slot));
      const user = await customer.session();
      const balance = await balanceOf(user);
      expect(balance).toMatchObject({ available: 103, nextExpiry: { at: new Date(boundary(slot + 1)), amount: 100 } });
      // Whatever was used of a month, the next one is whole.
      await consume(user, `month-${slot}`, 9 * slot + 1);
      // The subscription of the other one ends in its fourth month.
      if (slot === 3) await put(leaver, null);
    }
    await product.travelTo(boundary(12));
    const user = await customer.session();
    expect(await balanceOf(user)).toMatchObject({ nextExpiry: null });
    await product.travelTo(boundary(14));
    expect(monthIn(await balanceOf(await customer.session()))).toEqual([]);
    expect(await allocationsOf(await customer.session())).toHaveLength(12);
    const left = await leaver.session();
    expect(await allocationsOf(left)).toHaveLength(4);
    expect(await balanceOf(left)).toMatchObject({ available: 3, nextExpiry: null });
  });

  it("leaves the month in hand to one who cancelled, and makes no other", async () => {
    const startAt = (await product.now()) + HOUR;
    await put(customer, clockOf({ mode: "anniversary", startAt }, { paidUntil: startAt + 365 * DAY }));
    await product.travelTo(startAt + DAY);
    expect(await balanceOf(await customer.session())).toMatchObject({ available: 103 });
    await put(customer, null);
    expect(await balanceOf(await customer.session())).toMatchObject({ available: 103 });
    await product.travelTo(startAt + 40 * DAY);
    expect(await balanceOf(await customer.session())).toMatchObject({ available: 3, lots: [{ class: "promo" }] });
  });
});

describe("the start of a month forgives no debt and comes neither twice nor never", () => {
  const startAt = Date.parse("2045-11-10T00:02:30Z");

  it("gives a month once when reads, spends and repeated sweeps all find it due, and leaves the debt as it was", async () => {
    await product.travelTo(startAt - HOUR);
    const user = await customer.session();
    const policy = { accountId: customer.accountId, overdraftLimit: 50, reason: "may owe a little" };
    await product.operate("admin/policy", policy);
    expect(await consume(user, "overdrawn", 43)).toMatchObject({ ok: true, balance: { available: 0, debt: 40 } });
    await put(customer, clockOf({ mode: "anniversary", startAt }));
    await product.travelTo(startAt - 1);
    expect(await balanceOf(user)).toMatchObject({ available: 0, debt: 40 });

    // No sweep runs at this instant, so all of these find the month due and not booked.
    await product.travelTo(startAt);
    const sessions = [user, await customer.signIn()] as const;
    const spends = Array.from({ length: 20 }, (_, index) => consume(sessions[index % 2 ? 0 : 1], `spend-${index}`, 1));
    const reads = Array.from({ length: 10 }, () => balanceOf(user));
    expect((await Promise.all(spends)).filter(({ ok }) => ok)).toHaveLength(20);
    for (const { available, debt } of await Promise.all(reads)) {
      expect(debt).toBe(40);
      expect(available).toBeLessThanOrEqual(100);
    }
    await product.travelTo(startAt + 1200 * SECOND, { everySlot: true });
    expect(await balanceOf(user)).toMatchObject({ available: 80, debt: 40 });
    expect(await allocationsOf(user)).toEqual([new Date(startAt).toISOString()]);
  });

  it("makes up for months in which nothing ran, each at its own time, and again forgives nothing", async () => {
    const first = Date.UTC(2046, 0, 10, 1);
    await product.operate("admin/policy", { accountId: customer.accountId, overdraftLimit: 50, reason: "may owe" });
    await consume(await customer.session(), "overdrawn", 10);
    await put(customer, clockOf({ mode: "anniversary", startAt: first }));
    // Seventy days pass at once: two boundaries lie behind when the first sweep runs.
    await product.travelTo(first + 70 * DAY);
    const user = await customer.session();
    expect(await balanceOf(user)).toMatchObject({ available: 100, debt: 7 });
    const booked = (await historyOf(user)).map(({ kind, amount, balanceAfter }) => [kind, amount, balanceAfter.debt]);
    expect(booked.slice(2)).toEqual([
      ["grant", 100, 7],
      ["expire", -100, 7],
      ["grant", 100, 7],
      ["expire", -100, 7],
      ["grant", 100, 7],
    ]);
    const starts = [0, 1, 2].map((month) => new Date(Date.UTC(2046, month, 10, 1)).toISOString());
    expect(await allocationsOf(user)).toEqual(starts);
    const ledger = databaseOf(product).collection("ledger");
    const keys = await ledger.distinct("key", { accountId: customer.accountId, "cause.kind": "allocation" });
    expect(keys).toEqual([0, 1, 2].map((slot) => `allocation:sub:1:${slot}`));
  });
});
