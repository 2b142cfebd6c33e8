import { AppError } from "../domain/app-error";
import { freePlanOf } from "../domain/catalog";
import type { GrantCommand } from "../domain/commands";
import { type Amount, ZERO } from "../domain/amount";
import type { Instant } from "../domain/instant";
import { DEFAULT_PRIORITY } from "../domain/lot";
import type { User } from "../ports/account-store";
import type { Caller } from "./caller";
import type { Deps } from "./deps";

type Person = Extract<Caller, { kind: "user" }>;

/**
 * Makes sure that a person has a user record, an account and the sign-up grant: by the sign-up trigger or by the first
 * call, whichever comes first, and again after a crash in between.
 * Throws: AppError `unavailable` while no catalog is published, because the grant would be lost.
 */
export async function ensureUser(deps: Deps, person: Person, now: Instant): Promise<User> {
  const known = await deps.accounts.findUser(person.userId);
  if (known !== null && known.signup === "done") return known;

  const user =
    known ??
    (await deps.accounts.createUserWithAccount({
      userId: person.userId,
      accountId: deps.timing.randomId(),
      at: now,
    }));
  if (user.signup === "pending") await giveSignupGrant(deps, person, user, now);
  return { ...user, signup: "done" };
}

/** Gives the sign-up tokens of the free plan once per verified identity, and never to anonymous users. */
async function giveSignupGrant(deps: Deps, person: Person, user: User, now: Instant): Promise<void> {
  const accountId = user.memberships[0]?.accountId;
  const freePlan = freePlanOf(await deps.catalog(now));
  if (freePlan === null) throw new AppError("unavailable", "No catalog is published yet: publish one, then try again");

  const entitled = accountId !== undefined && !person.anonymous && person.email !== null && freePlan.signupTokens > 0;
  if (entitled) {
    const markId = deps.digest.keyed(`signup:${person.email.trim().toLowerCase()}`);
    const holder = await deps.accounts.claimIdentity({ id: markId, accountId, at: now });
    if (holder === accountId) {
      const command = signupGrant(accountId, freePlan.signupTokens);
      const outcome = await deps.post({ accountId, unit: "tokens" }, command, now);
      // Left pending, so that the next call gives what this one could not; the key makes it one grant.
      if (outcome.kind === "refused") throw new AppError("unavailable", outcome.refusal.message);
    }
  }
  await deps.accounts.finishSignup(person.userId);
}

function signupGrant(accountId: string, amount: Amount): GrantCommand {
  const cause = `signup:${accountId}`;
  return {
    kind: "grant",
    identity: { scope: "system", key: cause, fingerprint: cause },
    actor: { kind: "system", id: "signup" },
    note: null,
    amount,
    class: "promo",
    priority: DEFAULT_PRIORITY,
    scope: null,
    effectiveAt: null,
    expiresAt: null,
    costMinor: ZERO,
    currency: null,
    cause: { kind: "signup", id: cause },
    payment: null,
  };
}
