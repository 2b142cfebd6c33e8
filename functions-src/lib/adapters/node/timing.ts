import { randomBytes } from "node:crypto";
import type { Timing } from "../../ports/timing";

/** Makes waiting and chance over Node's timers and random numbers. */
export function createTiming(): Timing {
  return {
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    elapsedMs: () => {
      const [seconds, nanoseconds] = process.hrtime();
      return seconds * 1000 + nanoseconds / 1e6;
    },
    random: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
    randomId: () => randomBytes(16).toString("hex"),
  };
}
