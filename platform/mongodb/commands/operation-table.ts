import type { CommandContext } from "./context";

/** What an operation can wait for, as currentOp shows it. */
export type WaitReason = "transaction" | "data";

/** A command that waits. Commands that do not wait are over before anybody could see them, since one thread runs everything. */
export interface Operation {
  readonly id: number;
  readonly context: CommandContext;
  readonly reason: WaitReason;
  readonly startedMs: number;
  /** Aborted by killOp. */
  readonly killed: AbortController;
}

/** The commands that wait at this moment, by number. */
export class OperationTable {
  private readonly operations = new Map<number, Operation>();
  private lastId = 0;

  enter(context: CommandContext, reason: WaitReason): Operation {
    this.lastId += 1;
    const operation = { id: this.lastId, context, reason, startedMs: performance.now(), killed: new AbortController() };
    this.operations.set(operation.id, operation);
    return operation;
  }

  leave({ id }: Operation): void {
    this.operations.delete(id);
  }

  /** Makes an operation stop waiting and fail; an unknown number is no error, since operations end by themselves. */
  kill(id: number): void {
    this.operations.get(id)?.killed.abort();
  }

  list(): Operation[] {
    return [...this.operations.values()];
  }
}
