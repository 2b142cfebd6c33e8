import type { Amount } from "../domain/amount";
import type { Instant } from "../domain/instant";
import type { LowBalanceAlert, WalletPolicy } from "../domain/wallet";
import { recordOf } from "./audit";
import type { Caller, MemberCall } from "./caller";
import type { Deps } from "./deps";
import { actorOf } from "./operation";
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
  const { accountId, unit, reason } = input;
  const identity = deps.timing.randomId();
  const wallet = await deps.wallets.changeSettings({ accountId, unit }, { policy: input.policy }, (before, after) => {
    const act = {
      at: now,
      actor: actorOf(caller),
      action: "set_policy" as const,
      accountId,
      target: after.id,
      before: { ...before.policy },
      after: { ...after.policy },
    };
    return recordOf(deps.digest, act, { reason, identity });
  });
  return { ok: true, policy: wallet.policy };
}
