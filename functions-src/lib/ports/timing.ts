/** Waiting and chance, for retries and random ids; never a source of business time. */
export interface Timing {
  sleep(ms: number): Promise<void>;
  /** Milliseconds of a clock that only goes forward. */
  elapsedMs(): number;
  /** A number in 0..1. */
  random(): number;
  /** A random id without a colon, 128 bits. */
  randomId(): string;
}
