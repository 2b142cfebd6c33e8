import type { ClockFollower, TestClockOptions } from "../app-services";
import { readTestClock } from "../app-services";
import type { StripeSimulator } from "../stripe";

/** One test clock for a runtime and the simulator that runs beside it. */
export interface SharedClock {
  /** Where it stands at the start. */
  readonly startAt: Date;
  nowSeconds(): number;
  /** Makes a simulator move with it: what falls due there arrives before the scheduled triggers of the runtime run. */
  follow(simulator: Pick<StripeSimulator, "catchUp"> | null): ClockFollower;
}

/** Opens the clock where the runtime left it, so that a simulator which starts before the runtime is never out of step. */
export async function openSharedClock(
  installation: { readonly tree: string; readonly mongodbUri: string },
  { startAt = new Date() }: TestClockOptions,
): Promise<SharedClock> {
  const standsAt = (await readTestClock(installation)) ?? startAt;
  let now = standsAt;
  return {
    startAt: standsAt,
    nowSeconds: () => Math.floor(now.getTime() / 1000),
    follow: (simulator) => ({
      // What was on its way carries a signature of the old time, and would be refused as too old.
      beforeMove: async () => simulator?.catchUp(),
      afterMove: async (moved) => {
        now = moved;
        await simulator?.catchUp();
      },
    }),
  };
}
