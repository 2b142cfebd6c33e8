import type { Amount } from "../domain/amount";
import type { Instant } from "../domain/instant";
import { type Refusal, refuse } from "../domain/refusal";
import type { AutoTopUp, TopUpCap, TopUpPack } from "../domain/top-up";
import type { MemberCall } from "./caller";
import type { Deps } from "./deps";

/** An automatic top-up as asked for; switched off, the rest stays as it was. */
export type AutoTopUpInput =
  | { readonly enabled: false; readonly unit: string }
  | {
      readonly enabled: true;
      readonly unit: string;
      readonly threshold: Amount;
      readonly pack: string;
      readonly capPerDay: TopUpCap;
      readonly capPerMonth: TopUpCap;
    };

/** What `wallet/autoTopUp` answers. `pausedUntil` is set after a decline. */
export interface AutoTopUpAnswer {
  readonly ok: true;
  readonly autoTopUp: {
    readonly enabled: boolean;
    readonly threshold: number;
    readonly pack: string;
    readonly units: number;
    readonly chargeMinor: number;
    readonly currency: string;
    readonly capPerDay: TopUpCap;
    readonly capPerMonth: TopUpCap;
    readonly declines: number;
    readonly pausedUntil: Date | null;
  } | null;
}

/**
 * Switches the automatic top-up of a wallet on or off. It buys one version of a pack with the saved card whenever fewer units
 * than the threshold are left, within its caps; what an operation does not notice the sweep does.
 * Refuses, in this order: account_closed, account_suspended, pack_unknown, payment_required.
 */
export async function setAutoTopUp(
  deps: Deps,
  call: MemberCall<AutoTopUpInput>,
  now: Instant,
): Promise<AutoTopUpAnswer | Refusal> {
  const { accountId, input } = call;
  const ref = { accountId, unit: input.unit };
  if (!input.enabled) {
    const wallet = await deps.wallets.changeSettings(ref, {
      topUp: (before) => before && { ...before, enabled: false },
    });
    return topUpAnswer(wallet.topUp);
  }
  const account = await deps.accounts.findAccount(accountId);
  if (account?.status === "closed") return refuse("account_closed");
  if (account?.status === "suspended") return refuse("account_suspended");
  const pack = (await deps.catalog(now)).packs.find(({ id }) => id === input.pack);
  if (pack === undefined) return refuse("pack_unknown", { pack: input.pack });
  const customerId = account?.stripeCustomers[deps.payments.mode];
  const card = customerId === undefined ? null : await deps.payments.findSavedCard(customerId);
  if (card === null) return refuse("payment_required");
  const bought: TopUpPack = {
    packId: pack.id,
    packVersion: pack.version,
    units: pack.tokens,
    chargeMinor: pack.price.amountMinor,
    currency: pack.price.currency,
    lifeDays: pack.lifeDays,
  };
  const { threshold, capPerDay, capPerMonth } = input;
  const wallet = await deps.wallets.changeSettings(ref, {
    topUp: (before): AutoTopUp => ({
      enabled: true,
      threshold,
      pack: bought,
      capPerDay,
      capPerMonth,
      attempts: before?.attempts ?? 0,
      declines: 0,
      pausedUntil: null,
      open: before?.open ?? null,
      recent: before?.recent ?? [],
    }),
  });
  return topUpAnswer(wallet.topUp);
}

function topUpAnswer(topUp: AutoTopUp | null): AutoTopUpAnswer {
  if (topUp === null) return { ok: true, autoTopUp: null };
  const { enabled, threshold, pack, capPerDay, capPerMonth, declines, pausedUntil } = topUp;
  const { packId, units, chargeMinor, currency } = pack;
  return {
    ok: true,
    autoTopUp: {
      enabled,
      threshold,
      pack: packId,
      units,
      chargeMinor,
      currency,
      capPerDay,
      capPerMonth,
      declines,
      pausedUntil: pausedUntil === null ? null : new Date(pausedUntil),
    },
  };
}
