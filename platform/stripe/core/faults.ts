import type { Transaction } from "./store";

/** What goes wrong on purpose, for events that are made from now on. */
export interface Faults {
  /** How many more times each event is delivered. */
  readonly duplicate: number;
  /** How long each first try waits. */
  readonly delaySeconds: number;
  /** Share of deliveries that are lost for ever, drawn from the seed. */
  readonly drop: number;
}

export const NO_FAULTS: Faults = { duplicate: 0, delaySeconds: 0, drop: 0 };

/** Reads the faults that are set. */
export function faultsOf(state: Pick<Transaction, "get">): Faults {
  const setting = state.get("setting", "faults");
  return setting === undefined ? NO_FAULTS : (setting.value as Faults);
}
