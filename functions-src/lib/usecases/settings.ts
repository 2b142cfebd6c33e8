import type { Amount } from "../domain/amount";
import type { Instant } from "../domain/instant";
import type { LowBalanceAlert, WalletPolicy } from "../domain/wallet";
import type { WalletSettings } from "../ports/wallet-store";
import type { Caller, MemberCall } from "./caller";
import type { Deps } from "./deps";
import { requireAccount } from "./resolve-account";

/** What `account/alerts` answers. */
export interface AlertsAnswer {
  readonly ok: true;
  readonly alerts: readonly {
    readonly unit: string;
    readonly threshold: number | null;
    readonly channel: string | null;
    readonly armed: boolean;
  }[];
}

/** Sets or shows the low-balance warning of a wallet; `threshold` null switches it off, left out it stays. */
export async function setAlerts(
  deps: Deps,
  call: MemberCall<{
    readonly unit: string;
    readonly threshold?: Amount | null;
    readonly channel?: string | null;
  }>,
): Promise<AlertsAnswer> {
  const { accountId, input } = call;
  const alert: Partial<Pick<LowBalanceAlert, "lowAt" | "channel">> = {
    ...(input.threshold === undefined ? {} : { lowAt: input.threshold }),
    ...(input.channel === undefined ? {} : { channel: input.channel }),
  };
  const wallet = await deps.wallets.changeSettings({ accountId, unit: input.unit }, { alert });
  const { lowAt, channel, armed } = wallet.alert;
  return { ok: true, alerts: [{ unit: input.unit, threshold: lowAt, channel, armed }] };
}

/** What `admin/policy` answers. */
export interface PolicyAnswer {
  readonly ok: true;
  readonly policy: WalletPolicy;
}

/** Changes what an operator allows on a wallet. Throws: AppError `invalid_input` when there is no such account. */
export async function setPolicy(
  deps: Deps,
  caller: Caller,
  input: {
    readonly accountId: string;
    readonly unit: string;
    readonly policy: Partial<WalletPolicy>;
    readonly reason: string;
  },
  now: Instant,
): Promise<PolicyAnswer> {
  await requireAccount(deps, input.accountId);
  const settings: WalletSettings = { policy: input.policy };
  const wallet = await deps.wallets.changeSettings({ accountId: input.accountId, unit: input.unit }, settings);
  deps.log.info("policy_changed", {
    accountId: input.accountId,
    unit: input.unit,
    by: caller.kind,
    at: now,
    ...input.policy,
  });
  return { ok: true, policy: wallet.policy };
}
