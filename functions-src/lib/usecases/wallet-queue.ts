import { type Outcome, type WalletCommand, isTransfer } from "../domain/commands";
import type { Instant } from "../domain/instant";
import { refuse } from "../domain/refusal";
import { type WalletRef, walletIdOf } from "../domain/wallet";
import type { PostToWallet } from "./deps";

/** How many waiting commands are decided together, and how many may wait for one wallet. */
const BATCH_SIZE = 64;
const MAX_WAITING = 10_000;

interface Waiting {
  readonly command: WalletCommand;
  readonly now: Instant;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes the queue in front of the wallets: one batch per wallet is under way, what arrives meanwhile forms the next.
 * So the writers of one process never conflict with each other, and a hot wallet pays one commit for many spends.
 * Refuses: `contention` when 10,000 commands wait for one wallet already.
 */
export function createWalletQueue(
  post: (ref: WalletRef, commands: readonly WalletCommand[], now: Instant) => Promise<readonly Outcome[]>,
): PostToWallet {
  const queues = new Map<string, Waiting[]>();

  const drain = async (ref: WalletRef, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, batchLength(queue));
      const now = Math.max(...batch.map((item) => item.now));
      try {
        const outcomes = await post(
          ref,
          batch.map((item) => item.command),
          now,
        );
        batch.forEach((item, index) => item.resolve(outcomes[index] ?? lost(index)));
      } catch (error) {
        // Every caller of the batch hears of it; nobody is answered with somebody else's success.
        for (const item of batch) item.reject(error);
      }
    }
    queues.delete(walletIdOf(ref));
  };

  return (ref, command, now) =>
    new Promise<Outcome>((resolve, reject) => {
      const walletId = walletIdOf(ref);
      const queue = queues.get(walletId);
      if (queue === undefined) {
        const fresh = [{ command, now, resolve, reject }];
        queues.set(walletId, fresh);
        void drain(ref, fresh);
      } else if (queue.length >= MAX_WAITING) {
        resolve({ kind: "refused", refusal: refuse("contention") });
      } else {
        queue.push({ command, now, resolve, reject });
      }
    });
}

/** How many commands at the head of a queue are decided together; one that writes other wallets too goes alone. */
function batchLength(queue: readonly Waiting[]): number {
  const firstTransfer = queue.findIndex(({ command }) => isTransfer(command));
  if (firstTransfer === 0) return 1;
  return Math.min(BATCH_SIZE, firstTransfer === -1 ? queue.length : firstTransfer);
}

function lost(index: number): never {
  throw new Error(`A batch left command ${index} without an outcome`);
}
