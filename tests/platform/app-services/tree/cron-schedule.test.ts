import { parseCronSchedule } from "../../../../platform/app-services/tree/cron-schedule";

const next = (pattern: string, after: string): string | undefined =>
  parseCronSchedule(pattern).nextSlot(new Date(after))?.toISOString();
const last = (pattern: string, at: string): string | undefined =>
  parseCronSchedule(pattern).lastSlot(new Date(at))?.toISOString();

describe("cron schedules", () => {
  test.each([
    ["*/5 * * * *", "2026-01-01T00:05:00Z", "2026-01-01T00:10:00.000Z"],
    ["*/25 * * * *", "2026-01-01T00:50:00Z", "2026-01-01T01:00:00.000Z"],
    ["30 2 * * *", "2026-01-01T02:30:00Z", "2026-01-02T02:30:00.000Z"],
    ["0 0 29 FEB *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00.000Z"],
    ["0 9-17,20 * * MON-FRI", "2026-01-02T17:00:00Z", "2026-01-02T20:00:00.000Z"],
  ])("%s comes next after %s at %s", (pattern, after, expected) => {
    expect(next(pattern, after)).toBe(expected);
  });

  test("a day must match both the day of the month and the weekday", () => {
    expect(next("0 0 13 * FRI", "2026-01-01T00:00:00Z")).toBe("2026-02-13T00:00:00.000Z");
  });

  test.each([
    ["*/5 * * * *", "2026-01-01T00:05:00.000Z", "2026-01-01T00:05:00.000Z"],
    ["*/5 * * * *", "2026-01-01T00:09:59.999Z", "2026-01-01T00:05:00.000Z"],
    ["0 3 * * *", "2026-01-01T02:59:59Z", "2025-12-31T03:00:00.000Z"],
  ])("the last slot of %s at %s is %s", (pattern, at, expected) => {
    expect(last(pattern, at)).toBe(expected);
  });

  test("a pattern that no day fits has no slot", () => {
    expect(next("0 0 30 FEB *", "2026-01-01T00:00:00Z")).toBeUndefined();
  });

  test.each(["@daily", "* * * *", "0 * * * * *", "61 * * * *", "* * * * 7", "* * L * *", "a b c d e", ""])(
    "refuses %j, which Atlas would refuse",
    (pattern) => {
      expect(() => parseCronSchedule(pattern)).toThrow();
    },
  );
});
