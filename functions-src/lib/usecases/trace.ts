import { AppError } from "../domain/app-error";
import { type Entry, availableChange } from "../domain/entry";
import type { PaymentFact } from "../domain/payment";
import type { MoneyBackObject } from "../domain/stripe-effects";
import { type Balance, type WalletRef, balanceOf } from "../domain/wallet";
import type { InboxEvent } from "../ports/inbox-store";
import type { Caller } from "./caller";
import type { Deps } from "./deps";
import { loadPaymentEntries, walletOfPayment } from "./payment-entries";

/** An entry of a chain. */
export interface TracedEntry {
  readonly entryId: string;
  readonly kind: Entry["kind"];
  readonly amount: number;
  readonly at: Date;
  readonly cause: Entry["cause"];
  readonly balanceAfter: Balance;
}

/** What `admin/trace` answers: the chain from what happened at Stripe to the balance; null where there is no such part. */
export interface TraceAnswer {
  readonly ok: true;
  readonly event: {
    readonly eventId: string;
    readonly type: string;
    readonly state: string;
    readonly failure: string | null;
  } | null;
  readonly accountId: string | null;
  readonly payment:
    | (Omit<PaymentFact, "paidAt" | "recheckAt" | "claimsAt"> & {
        readonly paidAt: Date;
        readonly claimsAt: Date | null;
      })
    | null;
  readonly entries: readonly TracedEntry[];
  readonly balance: Balance | null;
}

/** Kinds of Stripe objects by the beginning of their ids; only for a look-up, never for a decision about money. */
const OBJECT_KINDS: readonly (readonly [prefix: string, kind: MoneyBackObject["kind"]])[] = [
  ["re_", "refund"],
  ["pyr_", "refund"],
  ["dp_", "dispute"],
  ["du_", "dispute"],
  ["issfr_", "warning"],
  ["ch_", "charge"],
  ["py_", "charge"],
  ["cn_", "credit_note"],
];

/**
 * Follows the chain of an id: an event, any Stripe object of a payment, a payment, or a ledger entry; also into the wallets that
 * units of the payment were transferred to.
 * Throws: AppError `not_found` for an id that leads nowhere, `unavailable` when Stripe has to be asked and cannot be reached.
 */
export async function trace(deps: Deps, _caller: Caller, { id }: { readonly id: string }): Promise<TraceAnswer> {
  if (/^[^:]+:[^:]+:\d{16}$/.test(id)) return traceEntry(deps, id);
  const event = id.startsWith("evt_") ? await deps.inbox.find(id) : null;
  const purchase = await purchaseOf(deps, event?.objectId ?? id);
  if (event === null && purchase === null) {
    throw new AppError(
      "not_found",
      `id: expected the id of an event, a Stripe object, a payment or an entry of ours, got "${id}"`,
    );
  }
  return { ...(await tracePurchase(deps, purchase)), event: event === null ? null : shownEvent(event) };
}

interface Purchase {
  readonly accountId: string;
  readonly cause: string;
}

async function purchaseOf(deps: Deps, id: string): Promise<Purchase | null> {
  const { mode } = deps.payments;
  const [kind = "", name = ""] = id.split(":");
  if (kind === "topup") return { accountId: name, cause: id };
  const known = await deps.links.find(mode, kind === "pack" ? name : id);
  if (known !== null) return known;
  const object = OBJECT_KINDS.find(([prefix]) => id.startsWith(prefix));
  if (object === undefined) return null;
  const paymentIntentId = await deps.payments.findPaymentIntent({ kind: object[1], id });
  return paymentIntentId === null ? null : deps.links.find(mode, paymentIntentId);
}

async function tracePurchase(deps: Deps, purchase: Purchase | null): Promise<Omit<TraceAnswer, "event">> {
  if (purchase === null) return { ok: true, accountId: null, payment: null, entries: [], balance: null };
  const { accountId, cause } = purchase;
  const payment = await deps.paymentRecords.find(accountId, cause);
  const wallet = walletOfPayment(accountId, cause);
  const entries = await loadPaymentEntries(deps, wallet, cause);
  return {
    ok: true,
    accountId,
    payment: payment === null ? null : shownPayment(payment),
    entries: entries.map(shownEntry),
    balance: await balanceNow(deps, wallet),
  };
}

async function traceEntry(deps: Deps, id: string): Promise<TraceAnswer> {
  const [accountId = "", unit = ""] = id.split(":");
  const wallet = { id: `${accountId}:${unit}`, accountId };
  const entry = await deps.wallets.findEntry(wallet, id);
  if (entry === null) throw new AppError("not_found", `id: expected the id of an entry, got "${id}"`);
  const chain = await tracePurchase(deps, { accountId, cause: entry.cause.id });
  const entries = chain.entries.some(({ entryId }) => entryId === id) ? chain.entries : [shownEntry(entry)];
  return { ...chain, entries, event: null, balance: await balanceNow(deps, { accountId, unit }) };
}

async function balanceNow(deps: Deps, ref: WalletRef): Promise<Balance | null> {
  const wallet = await deps.wallets.loadWallet(ref);
  return wallet === null ? null : balanceOf(wallet);
}

function shownEvent({
  id,
  type,
  state,
  failure,
}: InboxEvent & { readonly failure: string | null }): TraceAnswer["event"] {
  return { eventId: id, type, state, failure };
}

function shownPayment({ paidAt, claimsAt, recheckAt: _recheckAt, ...payment }: PaymentFact): TraceAnswer["payment"] {
  return { ...payment, paidAt: new Date(paidAt), claimsAt: claimsAt === null ? null : new Date(claimsAt) };
}

function shownEntry(entry: Entry): TracedEntry {
  const { id, kind, at, cause, balanceAfter } = entry;
  return { entryId: id, kind, amount: availableChange(entry), at: new Date(at), cause, balanceAfter };
}
