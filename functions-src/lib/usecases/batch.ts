import type { BatchCommand, SingleCommand } from "../domain/commands";
import type { JsonObject } from "../domain/entry";
import type { Instant } from "../domain/instant";
import type { Refusal } from "../domain/refusal";
import type { MemberCall } from "./caller";
import { type ConsumeInput, spendCommand } from "./consume";
import type { Deps } from "./deps";
import {
  type AuthorizeInput,
  type CaptureInput,
  type ReleaseInput,
  authorizeCommand,
  captureCommand,
  releaseCommand,
} from "./holds";
import { type ShownBalance, answered, balanceAnswer, commandBase } from "./operation";
import { type TransferInput, transferCommand } from "./transfer";

/** One operation of a batch: the argument of its own call, without a key. */
export type BatchOperation =
  | ({ readonly kind: "consume" } & Omit<ConsumeInput, "key" | "unit" | "metadata">)
  | ({ readonly kind: "authorize" } & Omit<AuthorizeInput, "key" | "unit">)
  | ({ readonly kind: "capture" } & Omit<CaptureInput, "key">)
  | ({ readonly kind: "release" } & Omit<ReleaseInput, "key">)
  | ({ readonly kind: "transfer" } & Omit<TransferInput, "key" | "unit">);

/** Several operations on one wallet under one key. */
export interface BatchInput {
  readonly key: string;
  readonly unit: string;
  readonly operations: readonly BatchOperation[];
}

/** What `wallet/batch` answers: one result per operation, and the balance after the last. */
export interface BatchAnswer {
  readonly ok: true;
  readonly replayed: boolean;
  readonly results: readonly Readonly<Record<string, unknown>>[];
  readonly balance: ShownBalance;
}

/** Runs operations in order, all or nothing. Refuses: key_reused, or the first refusal of an operation with its `index`. */
export async function runBatch(deps: Deps, call: MemberCall<BatchInput>, now: Instant): Promise<BatchAnswer | Refusal> {
  const { caller, accountId, input } = call;
  const command: BatchCommand = {
    kind: "batch",
    ...commandBase(deps.digest, caller, { useCase: "batch", key: input.key, input: { ...input } }),
    operations: await Promise.all(input.operations.map((operation) => operationCommand(deps, call, operation, now))),
  };
  const outcome = await deps.post({ accountId, unit: input.unit }, command, now);
  return answered(outcome, (entry) => ({
    results: (entry.answer["results"] as readonly JsonObject[]).map(resultAnswer),
    balance: balanceAnswer(entry),
  }));
}

/** A result with its instants as dates, like the answer of a call of its own. */
function resultAnswer(result: JsonObject): Readonly<Record<string, unknown>> {
  const { expiresAt } = result;
  return typeof expiresAt === "number" ? { ...result, expiresAt: new Date(expiresAt) } : result;
}

async function operationCommand(
  deps: Deps,
  { caller, accountId, input: { key, unit } }: MemberCall<BatchInput>,
  operation: BatchOperation,
  now: Instant,
): Promise<SingleCommand> {
  switch (operation.kind) {
    case "consume":
      return spendCommand(deps, { caller, accountId, input: { ...operation, key, unit, metadata: null } }, now);
    case "authorize":
      return authorizeCommand(deps, caller, { ...operation, key, unit }, now);
    case "capture":
      return captureCommand(deps, caller, { ...operation, key });
    case "release":
      return releaseCommand(deps, caller, { ...operation, key });
    case "transfer":
      return transferCommand(deps, { caller, accountId, input: { ...operation, key, unit } });
  }
}
