import { AppError } from "../domain/app-error";
import type { Instant } from "../domain/instant";
import { isRefusal } from "../domain/refusal";
import type { Caller, MemberCall } from "../usecases/caller";
import type { Deps } from "../usecases/deps";
import { resolveAccount } from "../usecases/resolve-account";
import { callerOf } from "./caller-of";
import { depsOf } from "./compose";
import { toFunctionError } from "./error-map";
import type { Invocation } from "./invocation";
import { createLog } from "./log";
import type { Parser } from "./parse/parse-with";

/**
 * A deployed function, as its entry declares it. `member` acts for an account the caller belongs to, `caller` needs a
 * sign-in only, `operator` a server API key.
 */
type FunctionSpec<Input> = { readonly name: string; readonly parse: Parser<Input> } & (
  | {
      readonly access: "member";
      readonly run: (deps: Deps, call: MemberCall<Input>, now: Instant) => Promise<object>;
    }
  | {
      readonly access: "caller" | "operator";
      readonly run: (deps: Deps, caller: Caller, input: Input, now: Instant) => Promise<object>;
    }
);

/** What the build reads of a function, and what the platform calls. */
export interface FunctionDefinition {
  readonly kind: "function";
  readonly name: string;
  invoke(invocation: Invocation, args: readonly unknown[]): Promise<unknown>;
}

/** Declares a callable function: parse, check access, run the use case, map errors. Holds no rules. */
export function defineFunction<Input extends object>(spec: FunctionSpec<Input>): FunctionDefinition {
  return {
    kind: "function",
    name: spec.name,
    invoke: async (invocation, args) => {
      try {
        return await call(spec, invocation, args);
      } catch (error) {
        throw toFunctionError(error, createLog(), spec.name);
      }
    },
  };
}

async function call<Input extends object>(
  spec: FunctionSpec<Input>,
  invocation: Invocation,
  args: readonly unknown[],
): Promise<object> {
  if (args.length > 1)
    throw new AppError("invalid_input", `argument: expected one object, got ${args.length} arguments`);
  const input = spec.parse(args[0]);
  const caller = callerOf(invocation.context);
  const deps = depsOf(invocation);
  const { now } = invocation;
  if (spec.access === "member") {
    const named = "accountId" in input && typeof input.accountId === "string" ? input.accountId : undefined;
    const account = await resolveAccount(deps, caller, named, now);
    if (isRefusal(account)) return account;
    return spec.run(deps, { caller, accountId: account.accountId, input }, now);
  }
  if (spec.access === "operator" && caller.kind !== "operator") {
    throw new AppError("forbidden", `${spec.name} is for operators: use a server API key`);
  }
  return spec.run(deps, caller, input, now);
}
