import { createClock } from "../../../../platform/app-services/clock";
import { createLog } from "../../../../platform/app-services/log";
import { createTestClock } from "../../../../platform/app-services/test-clock/test-clock";
import { parseCronSchedule } from "../../../../platform/app-services/tree/cron-schedule";
import { createScheduledSlots, type ScheduledSlots } from "../../../../platform/app-services/triggers/scheduled-slots";

const START = new Date("2031-03-01T09:50:00Z");

/** A test clock that writes down what it does, over triggers that do what they are told to. */
function setUp(names: readonly string[] = ["a", "b"]) {
  const steps: string[] = [];
  const clock = createClock();
  clock.standAt(START);
  const slots = createScheduledSlots(names);
  const time = (date: Date): string => date.toISOString().slice(5, 16);
  const testClock = createTestClock({
    clock,
    slots,
    save: async (instant) => void steps.push(`save ${time(instant)} at ${time(clock.now())}`),
    follower: {
      beforeMove: async () => void steps.push(`before at ${time(clock.now())}`),
      afterMove: async (now) => void steps.push(`after ${time(now)} at ${time(clock.now())}`),
    },
    log: createLog({ clock, secrets: [], sink: () => {} }),
  });
  const join = (name: string, schedule: string, run: () => boolean | Promise<boolean> = () => true) => {
    let last = START;
    return slots.join({
      name,
      schedule: parseCronSchedule(schedule),
      lastSlot: () => last,
      run: async (slot) => {
        steps.push(`${name} ${time(slot)}`);
        const isDone = await run();
        if (isDone) last = slot;
        return isDone;
      },
    });
  };
  const advance = (seconds: number, everySlot = false) =>
    testClock.advance({ target: { kind: "by", seconds }, everySlot });
  return { steps, clock, slots, testClock, join, advance };
}

const HOUR = 3600;

describe("the order of an advance", () => {
  test("ends what is old, keeps the new time, shows it, lets the follower catch up, and only then runs triggers", async () => {
    const { steps, join, advance } = setUp();
    join("b", "0 * * * *");
    join("a", "0 * * * *");
    await expect(advance(HOUR)).resolves.toEqual(new Date("2031-03-01T10:50:00Z"));
    expect(steps).toEqual([
      "before at 03-01T09:50",
      "save 03-01T10:50 at 03-01T09:50",
      "after 03-01T10:50 at 03-01T10:50",
      "a 03-01T10:00",
      "b 03-01T10:00",
    ]);
  });

  test("with every slot, moves the clock and the follower once for each time, however many triggers are due then", async () => {
    const { steps, join, advance } = setUp();
    join("b", "0,30 * * * *");
    join("a", "0 * * * *");
    await advance(HOUR, true);
    expect(steps.filter((step) => !/^(before|save)/.test(step))).toEqual([
      "after 03-01T10:00 at 03-01T10:00",
      "a 03-01T10:00",
      "b 03-01T10:00",
      "after 03-01T10:30 at 03-01T10:30",
      "b 03-01T10:30",
      "after 03-01T10:50 at 03-01T10:50",
    ]);
  });
});

describe("an advance that cannot end", () => {
  test("says so when the runtime stops on the way, and starts no further slot", async () => {
    const { steps, testClock, join, advance } = setUp();
    let finish = (_done: boolean): void => {};
    let begun = (): void => {};
    const running = new Promise<void>((resolve) => (begun = resolve));
    join("a", "0 * * * *", () => {
      begun();
      return new Promise<boolean>((resolve) => (finish = resolve));
    });
    join("b", "0 * * * *");
    const advanced = expect(advance(HOUR)).rejects.toMatchObject({ status: 503, message: "the runtime is stopping" });
    await running;
    const closed = testClock.close(60_000);
    finish(true);
    await Promise.all([advanced, closed]);
    expect(steps.at(-1)).toBe("a 03-01T10:00");
    await expect(advance(0)).rejects.toMatchObject({ status: 503 });
  });

  test("is not waited for beyond the grace when the runtime stops", async () => {
    const { testClock, join, advance } = setUp(["a"]);
    join("a", "0 * * * *", () => new Promise<boolean>(() => {}));
    void advance(HOUR);
    await expect(testClock.close(1)).resolves.toBeUndefined();
  });

  test.each([false, true])("says which trigger was taken away on the way (every slot: %s)", async (everySlot) => {
    const { steps, join, advance } = setUp();
    const leave = join("a", "0 * * * *", () => {
      leave();
      return false;
    });
    join("b", "15 * * * *");
    const refused = { status: 409, message: expect.stringContaining("does not hold the scheduled triggers a,") };
    await expect(advance(HOUR, everySlot)).rejects.toMatchObject(refused);
    expect(steps.filter((step) => step.startsWith("b "))).toEqual([]);
    join("a", "0 * * * *");
    await advance(0);
    // The clock stands where it had come to; what fell due until then runs now.
    const ran = steps.slice(-2).filter((step) => /^[ab] /.test(step));
    expect(ran).toEqual(everySlot ? ["a 03-01T10:00"] : ["a 03-01T10:00", "b 03-01T10:15"]);
  });

  test("does not keep the next one from being done", async () => {
    const { join, advance } = setUp(["a"]);
    const leave = join("a", "0 * * * *");
    leave();
    const [first, second] = [advance(HOUR), advance(HOUR)];
    await expect(first).rejects.toMatchObject({ status: 409 });
    await expect(second).rejects.toMatchObject({ status: 409 });
    join("a", "0 * * * *");
    await expect(advance(HOUR)).resolves.toEqual(new Date("2031-03-01T10:50:00Z"));
  });

  test("is refused at once when too many wait already", async () => {
    const { join, advance } = setUp(["a"]);
    join("a", "0 * * * *");
    const waiting = Array.from({ length: 100 }, () => advance(1));
    await expect(advance(1)).rejects.toMatchObject({ status: 429 });
    await Promise.all(waiting);
    await expect(advance(1)).resolves.toEqual(new Date(START.getTime() + 101_000));
  });
});

describe("the slots of scheduled triggers", () => {
  const joined = (slots: ScheduledSlots, name: string, schedule: string) =>
    slots.join({
      name,
      schedule: parseCronSchedule(schedule),
      lastSlot: () => START,
      run: () => Promise.resolve(true),
    });

  test("offers nothing that is not due, or whose schedule never comes", () => {
    const slots = createScheduledSlots(["a", "b"]);
    joined(slots, "a", "0 * * * *");
    joined(slots, "b", "0 0 30 2 *");
    const before = new Date("2031-03-01T09:59:59.999Z");
    expect([slots.lastDue(before), slots.nextDue(before)]).toEqual([[], null]);
    expect(slots.nextDue(new Date("2031-03-05T00:00:00Z"))).toMatchObject({ name: "a" });
  });

  test("a trigger that left and came back is not taken away by its earlier self", () => {
    const slots = createScheduledSlots(["a"]);
    const leave = joined(slots, "a", "0 * * * *");
    joined(slots, "a", "0 * * * *");
    leave();
    expect(slots.heldElsewhere()).toEqual([]);
  });
});
