import { clockDueAt } from "./allocation";
import type { Instant } from "./instant";
import { nextDueAt } from "./lot";
import { nextTopUpAt } from "./top-up";
import { type Wallet, earliest } from "./wallet";

/** The next instant at which time alone makes something of a wallet due; null = never. */
export function dueAtOf(wallet: Omit<Wallet, "dueAt">): Instant | null {
  const { lots, clocks, waiting, nextHoldAt } = wallet;
  return earliest([...lots.map(nextDueAt), ...clocks.map(clockDueAt), waiting.nextAt, nextHoldAt, nextTopUpAt(wallet)]);
}
