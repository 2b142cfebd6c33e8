/** Lets callers wait for something that can only change when an attempt to deliver ends. */
export interface AttemptWaits {
  /** Tells that an attempt ended, or that no more will. */
  attemptEnded(): void;
  /** Resolves once the condition holds, or after the limit. */
  until(holds: () => boolean, limitMs: number): Promise<void>;
}

/** Makes the waits of one deliverer. */
export function createAttemptWaits(): AttemptWaits {
  const waiting = new Set<() => void>();
  return {
    attemptEnded: () => {
      for (const look of waiting) look();
    },
    until: (holds, limitMs) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(limit);
          waiting.delete(look);
          resolve();
        };
        const look = (): void => {
          if (holds()) end();
        };
        const limit = setTimeout(end, limitMs);
        waiting.add(look);
        look();
      }),
  };
}
