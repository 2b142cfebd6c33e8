import { AppError } from "../domain/app-error";
import type { Instant } from "../domain/instant";
import { type Refusal, refuse } from "../domain/refusal";
import type { Caller } from "./caller";
import type { Deps } from "./deps";
import { ensureUser } from "./ensure-user";

/**
 * Finds the account a call is about and checks that the caller may act for it.
 * A user of one account may leave the id out; an operator always names it.
 * Refuses: not_a_member. Throws: AppError `invalid_input` when the id is missing or no such account exists.
 */
export async function resolveAccount(
  deps: Deps,
  caller: Caller,
  accountId: string | undefined,
  now: Instant,
): Promise<{ readonly accountId: string } | Refusal> {
  if (caller.kind === "operator") {
    if (accountId === undefined) throw new AppError("invalid_input", "accountId: expected an account id, got nothing");
    await requireAccount(deps, accountId);
    return { accountId };
  }
  const { memberships } = await ensureUser(deps, caller, now);
  const [first, ...others] = memberships;
  if (accountId === undefined) {
    if (first === undefined) return refuse("not_a_member");
    if (others.length > 0) {
      const count = memberships.length;
      throw new AppError("invalid_input", `accountId: expected one of your ${count} account ids, got nothing`);
    }
    return { accountId: first.accountId };
  }
  return memberships.some((membership) => membership.accountId === accountId) ? { accountId } : refuse("not_a_member");
}

/** Throws: AppError `invalid_input` when there is no such account. */
export async function requireAccount(deps: Deps, accountId: string): Promise<void> {
  if ((await deps.accounts.findAccount(accountId)) === null) {
    throw new AppError("invalid_input", `accountId: expected the id of an account, got "${accountId}"`);
  }
}
