import { AppError } from "../domain/app-error";
import type { AuditAction } from "../domain/audit";
import type { Actor } from "../domain/entry";
import type { Instant } from "../domain/instant";
import { type Standing, gateOf, suspensionReasons, withReasons } from "../domain/standing";
import type { StandingChange } from "../ports/account-store";
import { SYSTEM_ACTORS, recordOf } from "./audit";
import type { Caller } from "./caller";
import type { Deps } from "./deps";
import { actorOf } from "./operation";

/** What `admin/freeze` and `admin/unfreeze` answer: the standing of the account, and what its wallets make of it. */
export interface StandingAnswer extends Standing {
  readonly ok: true;
  readonly accountId: string;
  readonly gate: ReturnType<typeof gateOf>;
}

interface StandingInput {
  readonly accountId: string;
  readonly reason: string;
}

/** Stops all spending of an account until it is unfrozen. Throws: AppError `invalid_input` when there is no such account. */
export function freezeAccount(deps: Deps, caller: Caller, input: StandingInput, now: Instant): Promise<StandingAnswer> {
  return changeByHand(deps, caller, { ...input, action: "freeze", now }, (standing) => ({ ...standing, frozen: true }));
}

/**
 * Lets an account spend again that was frozen, or suspended for disputes; the same disputes do not suspend it again. A closed
 * account stays closed. Throws: AppError `invalid_input` when there is no such account.
 */
export function unfreezeAccount(
  deps: Deps,
  caller: Caller,
  input: StandingInput,
  now: Instant,
): Promise<StandingAnswer> {
  return changeByHand(deps, caller, { ...input, action: "unfreeze", now }, ({ status, suspendedFor }) => ({
    status: status === "suspended" ? "open" : status,
    frozen: false,
    suspendedFor,
  }));
}

async function changeByHand(
  deps: Deps,
  caller: Caller,
  { accountId, reason, action, now }: StandingInput & { readonly action: AuditAction; readonly now: Instant },
  change: (standing: Standing) => Standing,
): Promise<StandingAnswer> {
  const recordOfChange = recorderOf(deps, { accountId, actor: actorOf(caller), reason, actionOf: () => action });
  const standing = await deps.accounts.changeStanding(accountId, { now, change, recordOf: recordOfChange });
  if (standing === null) {
    throw new AppError("invalid_input", `accountId: expected the id of an account, got "${accountId}"`);
  }
  return { ok: true, accountId, ...standing, gate: gateOf(standing) };
}

/**
 * Suspends an account for the disputes about its payments, or lets it in again when none is left: fraud, or a second open
 * dispute. It is safe to repeat: the disputes as they are now decide.
 */
export async function settleStanding(deps: Deps, accountId: string, now: Instant): Promise<void> {
  const actionOf = (after: Standing): AuditAction => (after.status === "suspended" ? "suspend" : "readmit");
  const standing = await deps.accounts.changeStanding(accountId, {
    now,
    change: (before, contests) => withReasons(before, suspensionReasons(contests)),
    recordOf: recorderOf(deps, { accountId, actor: SYSTEM_ACTORS.stripe, reason: null, actionOf }),
  });
  if (standing?.status !== "suspended") return;
  deps.log.alert("account_suspended", { accountId, disputes: standing.suspendedFor.join() });
}

function recorderOf(
  deps: Deps,
  act: {
    readonly accountId: string;
    readonly actor: Actor;
    readonly reason: string | null;
    readonly actionOf: (after: Standing) => AuditAction;
  },
): StandingChange["recordOf"] {
  const { accountId, actor, reason, actionOf } = act;
  const identity = deps.timing.randomId();
  return (before, after, at) => {
    const facts = { before: standingFacts(before), after: standingFacts(after) };
    const done = { at, actor, action: actionOf(after), accountId, target: accountId, ...facts };
    return recordOf(deps.digest, done, { reason, identity });
  };
}

function standingFacts({ status, frozen, suspendedFor }: Standing) {
  return { status, frozen, suspendedFor: [...suspendedFor] };
}
