import { standingClock } from "../../../../platform/stripe/core/clock";
import { runOnTime, type DueSource } from "../../../../platform/stripe/core/due-work";
import { memoryJournal } from "../../../../platform/stripe/core/journal";
import { openStore } from "../../../../platform/stripe/core/store";

const START = 1_800_000_000;

interface Alarm {
  readonly at: number;
  readonly sets?: number;
}

/** A simulator whose only work is alarms: each notes when it rang, and may set another. */
function withAlarms(alarms: Readonly<Record<string, Alarm>>, now = START) {
  const store = openStore(memoryJournal, 1);
  store.atomically(null, (tx) => {
    for (const [id, value] of Object.entries(alarms)) tx.putQuietly("setting", { id: `alarm ${id}`, value });
  });
  const clock = standingClock({ nowSeconds: () => now });
  const rang: [string, number][] = [];
  const due: DueSource = ({ values }, until) =>
    [...values("setting")].flatMap(({ id, value }) => {
      const alarm = value as Alarm | null;
      if (!id.startsWith("alarm") || alarm === null || alarm.at > until) return [];
      return [
        {
          at: alarm.at,
          run: (tx) => {
            rang.push([id, clock.nowSeconds()]);
            tx.putQuietly("setting", { id, value: null });
            if (alarm.sets !== undefined) tx.putQuietly("setting", { id: `${id}+`, value: { at: alarm.sets } });
          },
        },
      ];
    });
  return { store, clock, due, rang };
}

const quiet = { committed: () => undefined, log: () => undefined };

describe("work that time brings", () => {
  it("is done in order of time over all sources, each at its own instant, and what is not due waits", () => {
    const first = withAlarms({ late: { at: START }, early: { at: START - 10 }, future: { at: START + 1 } });
    runOnTime({ ...first, sources: [first.due], ...quiet }).stop();
    expect(first.rang).toEqual([
      ["alarm early", START - 10],
      ["alarm late", START],
    ]);
  });

  it("brings more work, which has its turn by its own time", () => {
    const { rang, due, ...base } = withAlarms({ one: { at: START - 10, sets: START - 5 }, two: { at: START - 1 } });
    runOnTime({ ...base, sources: [due], ...quiet }).stop();
    expect(rang).toEqual([
      ["alarm one", START - 10],
      ["alarm one+", START - 5],
      ["alarm two", START - 1],
    ]);
  });

  it("that fails is told, undone, and tried again with the next turn", () => {
    const { rang, due, ...base } = withAlarms({ one: { at: START } });
    let broken = true;
    const failing: DueSource = (store, now) =>
      due(store, now).map(({ at, run }) => ({
        at,
        run: (tx) => {
          run(tx);
          if (broken) throw new Error("disk full");
        },
      }));
    const lines: string[] = [];
    let told = 0;
    const running = runOnTime({
      ...base,
      sources: [failing],
      committed: () => (told += 1),
      log: (line) => lines.push(line),
    });
    expect(lines).toEqual([expect.stringContaining("disk full")]);
    expect(told).toBe(0);
    broken = false;
    running.runDue();
    running.runDue();
    running.stop();
    expect(rang).toHaveLength(2);
    expect(told).toBe(1);
  });
});
