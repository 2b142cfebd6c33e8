/** Tells the account's time; everything that Stripe would date reads it from here. Units: unix seconds. */
export interface Clock {
  nowSeconds(): number;
}

/** The clock of the account, which time's own work reads too. */
export interface AccountClock extends Clock {
  /** Runs work that takes no turn of the loop as if it were done when it fell due: a standing clock moves in leaps, its events do not. */
  during<T>(seconds: number, work: () => T): T;
}

/** Real time; it cannot be asked to be another. */
export const realClock: AccountClock = {
  nowSeconds: () => Math.floor(Date.now() / 1000),
  during: (_seconds, work) => work(),
};

/** Makes the account's clock of one that stands still between its moves. */
export function standingClock(base: Clock): AccountClock {
  let due: number | null = null;
  return {
    nowSeconds: () => due ?? base.nowSeconds(),
    during: (seconds, work) => {
      const before = due;
      due = seconds;
      try {
        return work();
      } finally {
        due = before;
      }
    },
  };
}

/** Tells when deliveries fall due: real time, or the account's own test clock. Units: unix milliseconds. */
export interface DeliveryClock {
  readonly standsStill: boolean;
  nowMs(): number;
}

/** Deliveries fall due as real time passes. */
export const realDeliveries: DeliveryClock = { standsStill: false, nowMs: () => Date.now() };

/** Deliveries fall due as a clock is moved that stands still between its moves. */
export function standingDeliveries(base: Clock): DeliveryClock {
  return { standsStill: true, nowMs: () => base.nowSeconds() * 1000 };
}
