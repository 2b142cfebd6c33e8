import { proveCommands } from "../../scripts/prove/commands";

const NAMES = ["a spend", "a capture of a part", "a transfer"];

describe("a process that dies before or after any of its database commands (all operations in `npm run prove -- commands`)", () => {
  it.each(NAMES)(
    "leaves %s whole or undone, and its key finishes it with the answer it would have had",
    async (name) => {
      const proof = await proveCommands({ names: [name], report: () => undefined });
      expect(proof.wrong).toEqual([]);
      expect(proof.operations).toBe(1);
      // Five commands at least, each cut twice; only what was cut after its commit was there before the repeat.
      expect(proof.cuts).toBeGreaterThanOrEqual(10);
      expect(proof.bookedBeforeRepeat).toBe(1);
    },
  );
});
