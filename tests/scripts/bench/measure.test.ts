import { measure } from "../../../scripts/bench/measure";

test("measures tasks in turn, leaves the first slice of each out, and compares their speeds", async () => {
  const calls: string[] = [];
  const task = (name: string, turns: number, ratioTo?: string) => ({
    name,
    ratioTo,
    run: async () => {
      if (calls.at(-1) !== name) calls.push(name);
      const until = performance.now() + turns;
      while (performance.now() < until);
    },
  });
  const rows = await measure([task("quick", 1), task("slow", 4, "quick")], { inFlight: 1, rounds: 2, sliceMs: 20 });
  expect(calls).toEqual(["quick", "slow", "quick", "slow", "quick", "slow"]);
  const [quick, slow] = rows;
  expect(quick).toMatchObject({ name: "quick", ratioTo: null, ratio: null });
  expect(slow).toMatchObject({ name: "slow", ratioTo: "quick" });
  expect(slow?.ratio).toBeLessThan(0.7);
  expect(slow?.p50Ms).toBeGreaterThanOrEqual(4);
});

test("keeps as many calls under way as it is told", async () => {
  let running = 0;
  let most = 0;
  const run = async (): Promise<void> => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  await measure([{ name: "one", ratioTo: undefined, run }], { inFlight: 8, rounds: 1, sliceMs: 5 });
  expect(most).toBe(8);
});
