import fc from "fast-check";
import { addMonths, slotBoundary, type SlotCalendar } from "../../../../functions-src/lib/domain/calendar";

const iso = (instant: number): string => new Date(instant).toISOString();
const anniversary = (text: string): SlotCalendar => ({ mode: "anniversary", startAt: Date.parse(text) });

describe("slots from an anniversary", () => {
  const rows: readonly [string, readonly string[]][] = [
    // Month ends are computed from the original start: the 31st comes back after February.
    [
      "2026-01-31T10:00:00.000Z",
      ["2026-02-28T10:00:00.000Z", "2026-03-31T10:00:00.000Z", "2026-04-30T10:00:00.000Z", "2026-05-31T10:00:00.000Z"],
    ],
    ["2028-01-31T00:00:00.000Z", ["2028-02-29T00:00:00.000Z", "2028-03-31T00:00:00.000Z"]],
    [
      "2025-11-30T23:59:59.999Z",
      ["2025-12-30T23:59:59.999Z", "2026-01-30T23:59:59.999Z", "2026-02-28T23:59:59.999Z", "2026-03-30T23:59:59.999Z"],
    ],
  ];
  it.each(rows)("%s is followed by the clamped months", (start, expected) => {
    const calendar = anniversary(start);
    expect(expected.map((_, index) => iso(slotBoundary(calendar, index + 1)))).toEqual(expected);
  });

  it("keeps a leap day's yearly boundary on the 28th or 29th", () => {
    const start = Date.parse("2028-02-29T00:00:00Z");
    expect([12, 24, 36, 48].map((months) => iso(addMonths(start, months)).slice(0, 10))).toEqual([
      "2029-02-28",
      "2030-02-28",
      "2031-02-28",
      "2032-02-29",
    ]);
  });

  it("leaves no gap and no overlap for any start in 2019 to 2032", () => {
    const starts = fc.integer({ min: Date.UTC(2019, 0, 1), max: Date.UTC(2032, 11, 31) });
    fc.assert(
      fc.property(starts, fc.integer({ min: 0, max: 60 }), (startAt, slot) => {
        const calendar: SlotCalendar = { mode: "anniversary", startAt };
        const [from, to] = [slotBoundary(calendar, slot), slotBoundary(calendar, slot + 1)];
        const days = (to - from) / 86_400_000;
        expect(days >= 28 && days <= 31).toBe(true);
        expect(to % 86_400_000).toBe(((startAt % 86_400_000) + 86_400_000) % 86_400_000);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("slots of local calendar months", () => {
  const zone = (timeZone: string, start: string): SlotCalendar => ({
    mode: "calendar",
    startAt: Date.parse(start),
    timeZone,
  });
  const rows: readonly [string, string, string, string][] = [
    ["Berlin, over the spring change", "Europe/Berlin", "2026-03-10T12:00:00Z", "2026-03-31T22:00:00.000Z"],
    ["Berlin, over the autumn change", "Europe/Berlin", "2026-10-05T12:00:00Z", "2026-10-31T23:00:00.000Z"],
    ["Los Angeles", "America/Los_Angeles", "2026-06-15T12:00:00Z", "2026-07-01T07:00:00.000Z"],
    ["Kathmandu, off by a quarter of an hour", "Asia/Kathmandu", "2026-06-15T12:00:00Z", "2026-06-30T18:15:00.000Z"],
    // Clocks went from 24:00 to 01:00 on the first of October 2017 in Asuncion: midnight does not exist.
    [
      "Asuncion, where that midnight does not exist",
      "America/Asuncion",
      "2017-09-15T12:00:00Z",
      "2017-10-01T04:00:00.000Z",
    ],
    // Clocks went back from 01:00 to 00:00 on the first of November 2015 in Havana: midnight occurs twice.
    ["Havana, where that midnight occurs twice", "America/Havana", "2015-10-15T12:00:00Z", "2015-11-01T04:00:00.000Z"],
  ];
  it.each(rows)("begin at local midnight in %s", (_what, timeZone, start, expected) => {
    expect(iso(slotBoundary(zone(timeZone, start), 1))).toBe(expected);
  });

  it("leave no gap and no overlap in any zone", () => {
    const zones = fc.constantFrom(
      "Europe/Berlin",
      "America/New_York",
      "Asia/Tokyo",
      "Australia/Lord_Howe",
      "America/Sao_Paulo",
      "Pacific/Apia",
      "UTC",
    );
    const starts = fc.integer({ min: Date.UTC(2019, 0, 1), max: Date.UTC(2032, 11, 31) });
    fc.assert(
      fc.property(zones, starts, fc.integer({ min: 0, max: 24 }), (timeZone, startAt, slot) => {
        const calendar: SlotCalendar = { mode: "calendar", startAt, timeZone };
        const [from, to] = [slotBoundary(calendar, slot), slotBoundary(calendar, slot + 1)];
        const days = (to - from) / 86_400_000;
        expect(days > (slot === 0 ? 0 : 27.9) && days < 31.1).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
