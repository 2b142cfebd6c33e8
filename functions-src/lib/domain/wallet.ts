import { type Amount, ZERO } from "./amount";
import type { AllocationClock } from "./allocation";
import type { Instant } from "./instant";
import type { OpenLot } from "./lot";
import type { AutoTopUp } from "./top-up";

/** How many lots live inside the wallet document; further open lots wait outside, in burn order. */
export const EMBEDDED_LOTS = 16;

/** The hash that the first entry of a wallet points back to. */
export const GENESIS_HASH = "0".repeat(64);

/** The balances of a wallet. Holds: available + pending + frozen + held = the sum over open lots and open holds. */
export interface Balance {
  readonly available: Amount;
  readonly pending: Amount;
  readonly frozen: Amount;
  readonly held: Amount;
  readonly debt: Amount;
}

/** A copy of the state of the account and of freezes, so that a spend needs to read nothing but the wallet. */
export type Gate = "open" | "frozen" | "suspended" | "closed";

/**
 * What the payment of a cause still holds against a wallet, so that units which come back to its lots later are treated alike.
 * Holds: `frozenBy` is not empty or `owed` is positive; `frozenAt` is null exactly while nothing freezes.
 */
export interface Claim {
  readonly cause: string;
  readonly frozenBy: readonly string[];
  readonly frozenAt: Instant | null;
  /** What of a clawback became debt and is still owed. */
  readonly owed: Amount;
}

/** What waits outside the wallet: how many lots, their units, and when the next of them has something to book. */
export interface WaitingLots {
  readonly count: number;
  readonly remaining: Amount;
  readonly nextAt: Instant | null;
}

/**
 * The one authoritative balance of an (account, unit), and the lock of everything that changes it.
 * Holds: `seq` is the number of its ledger entries and `head` the hash of the last; `lots` precede every waiting lot in
 * burn order; `at` never goes back.
 */
export interface Wallet extends Balance {
  readonly id: string;
  readonly accountId: string;
  readonly unit: string;
  readonly seq: number;
  readonly head: string;
  readonly at: Instant;
  readonly gate: Gate;
  readonly policy: WalletPolicy;
  readonly alert: LowBalanceAlert;
  /** null = nobody set one. */
  readonly topUp: AutoTopUp | null;
  /** No open hold ends before this instant; null = there is no open hold. */
  readonly nextHoldAt: Instant | null;
  /** The clocks of the allocations that feed this wallet, at most 8. */
  readonly clocks: readonly AllocationClock[];
  /** At most 100. */
  readonly claims: readonly Claim[];
  /** The next instant at which a lot, a hold, an allocation or a top-up has its turn; null = never. */
  readonly dueAt: Instant | null;
  readonly lots: readonly OpenLot[];
  readonly waiting: WaitingLots;
}

/** What an operator allows on a wallet. */
export interface WalletPolicy {
  /** How much debt a spend may make; 0 = none. */
  readonly overdraftLimit: Amount;
  /** `repay`: the next paid lots pay the debt first. `collect`: it becomes an invoice line. */
  readonly debt: "repay" | "collect";
  /** Whether debt refuses spends. */
  readonly blockInDebt: boolean;
  /** Whether units may be transferred out. */
  readonly transfers: boolean;
  /** For how many days bought units stay before they may move, so that a payment that turns out bad is found where it was made. */
  readonly transferWaitDays: number;
  /** Whether a clawback takes later bought lots too before the rest becomes debt. */
  readonly clawbackFromLaterLots: boolean;
}

/** The policy of a wallet nobody touched. */
export const DEFAULT_POLICY: WalletPolicy = {
  overdraftLimit: ZERO,
  debt: "repay",
  blockInDebt: false,
  transfers: false,
  transferWaitDays: 30,
  clawbackFromLaterLots: false,
};

/**
 * The low-balance warning of a wallet.
 * Holds: it fires once when the available units fall below `lowAt`, and is armed again when they are back at it.
 */
export interface LowBalanceAlert {
  /** null = off. */
  readonly lowAt: Amount | null;
  readonly channel: string | null;
  readonly armed: boolean;
}

/** Names a wallet. Account ids and units hold no colon, so the parts can be told apart. */
export interface WalletRef {
  readonly accountId: string;
  readonly unit: string;
}

/** What finds the records of a wallet: its id, and the account that they are sharded by. */
export type WalletName = Pick<Wallet, "id" | "accountId">;

/** The id of the wallet of an (account, unit). */
export function walletIdOf(ref: WalletRef): string {
  return `${ref.accountId}:${ref.unit}`;
}

/** The wallet before its first entry. */
export function emptyWallet(ref: WalletRef): Wallet {
  return {
    id: walletIdOf(ref),
    accountId: ref.accountId,
    unit: ref.unit,
    seq: 0,
    head: GENESIS_HASH,
    at: 0,
    gate: "open",
    policy: DEFAULT_POLICY,
    alert: { lowAt: null, channel: null, armed: true },
    topUp: null,
    nextHoldAt: null,
    clocks: [],
    claims: [],
    available: ZERO,
    pending: ZERO,
    frozen: ZERO,
    held: ZERO,
    debt: ZERO,
    dueAt: null,
    lots: [],
    waiting: { count: 0, remaining: ZERO, nextAt: null },
  };
}

/** What a payment holds against a wallet; null = nothing. */
export function claimOf(wallet: Pick<Wallet, "claims">, cause: string): Claim | null {
  return wallet.claims.find((claim) => claim.cause === cause) ?? null;
}

/** Picks the balances out of a wallet. */
export function balanceOf(wallet: Balance): Balance {
  const { available, pending, frozen, held, debt } = wallet;
  return { available, pending, frozen, held, debt };
}

/** The earliest of some instants; null stands for never. */
export function earliest(instants: readonly (Instant | null)[]): Instant | null {
  return instants.reduce<Instant | null>((first, next) => {
    if (next === null) return first;
    return first === null || next < first ? next : first;
  }, null);
}
