import { AppError } from "../domain/app-error";
import type { Instant } from "../domain/instant";
import type { Account, Role } from "../ports/account-store";
import type { Caller } from "./caller";
import type { Deps } from "./deps";
import { ensureUser } from "./ensure-user";
import { loadBalanceView } from "./read-balance";

interface AccountSummary {
  readonly accountId: string;
  readonly role: Role;
  readonly status: Account["status"];
  readonly balances: readonly { unit: string; available: number; held: number; debt: number }[];
  readonly subscription: null;
  readonly entitlementVersion: number;
}

/** What `account/me` answers. */
export interface Me {
  readonly ok: true;
  readonly user: { readonly userId: string };
  readonly accounts: readonly AccountSummary[];
}

/** Shows a person and their accounts; the first call makes both. Throws: AppError `forbidden` for an operator key. */
export async function showMe(deps: Deps, caller: Caller, now: Instant): Promise<Me> {
  if (caller.kind === "operator") throw new AppError("forbidden", "account/me is for users: sign in as one");
  const user = await ensureUser(deps, caller, now);
  const accounts: AccountSummary[] = [];
  for (const { accountId, role } of user.memberships) {
    const account = await deps.accounts.findAccount(accountId);
    if (account === null) continue;
    const { unit, available, held, debt } = await loadBalanceView(deps, { accountId, unit: "tokens" }, now);
    accounts.push({
      accountId,
      role,
      status: account.status,
      balances: [{ unit, available, held, debt }],
      subscription: null,
      entitlementVersion: account.entitlementVersion,
    });
  }
  return { ok: true, user: { userId: user.id }, accounts };
}
