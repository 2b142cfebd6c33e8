/**
 * Tells the runtime what time it is.
 *
 * Holds: everything that a user can see a time in (token lives, schedules, the `Date` of functions) asks this object, so that a test
 * clock can take its place. Timers of sockets, leases and the database driver stay real.
 */
export interface Clock {
  now(): Date;
}

/** The clock of the machine. */
export const systemClock: Clock = { now: () => new Date() };
