import { realClock, type Clock } from "./clock";
import type { Store } from "./store";

/** A clock of the simulator's own that stands still until it is moved, also over restarts. */
export interface TestClock extends Clock {
  moveTo(seconds: number): void;
}

const SETTING = "test_clock";

/** Opens the test clock where it stood last, else now. */
export function openTestClock(store: Store): TestClock {
  const standing = (): number | undefined => store.get("setting", SETTING)?.value as number | undefined;
  const moveTo = (seconds: number): void =>
    store.atomically(null, (tx) => tx.putQuietly("setting", { id: SETTING, value: seconds }));
  if (standing() === undefined) moveTo(realClock.nowSeconds());
  return { nowSeconds: () => standing() ?? realClock.nowSeconds(), moveTo };
}
