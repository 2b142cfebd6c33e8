import type { TestClock } from "../core/test-clock";
import type { Deliverer } from "../hooks/deliverer";

/** Longer than this nobody waits for receivers that do not answer. */
const PATIENCE_MS = 5_000;

/** What happens on the way of the account's own clock. */
export interface Way {
  readonly clock: TestClock;
  readonly deliverer: Deliverer;
  /** Tells when the next work falls due. Units: unix seconds. */
  readonly nextDueAt: () => number | null;
  readonly runDue: () => Promise<void>;
}

/** Moves the clock from one due instant to the next, and lets the deliveries of each be tried before it goes on. Units: unix seconds. */
export async function moveClock({ clock, deliverer, nextDueAt, runDue }: Way, to: number): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  const next = (): number => {
    const retryMs = deliverer.nextDueMs();
    return Math.min(nextDueAt() ?? to, retryMs === null ? to : Math.ceil(retryMs / 1000), to);
  };
  for (let at = next(); at < to && Date.now() < end; at = next()) {
    clock.moveTo(at);
    await runDue();
    deliverer.wake();
    await deliverer.whenTried(end - Date.now());
  }
  clock.moveTo(to);
  await runDue();
  deliverer.wake();
}
