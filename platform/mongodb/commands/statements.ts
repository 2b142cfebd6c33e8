import type { Doc, Value } from "../bson/values";
import { compileExpression } from "../aggregate/expression";
import { serverError, ServerError } from "../errors";
import { toNumber } from "../store/plain-number";
import { Arguments } from "./arguments";
import type { CommandContext } from "./context";
import { runUnderFailPoint } from "./fail-points";
import { untilUnblocked } from "./target";
import { abortFailedTransaction } from "./transactions";

/** The statements of one write command and what became of them. */
export interface StatementOutcomes {
  readonly results: readonly (Doc | undefined)[];
  readonly writeErrors: readonly Doc[];
  readonly retriedStatements: readonly number[];
}

/** One statement, parsed and ready; it is run again when it had to wait for a transaction, and goes on where it was. */
export type StatementRun = () => Doc;

/** The statements of a command while they run. */
interface StatementsRun<T> {
  readonly context: CommandContext;
  readonly statements: readonly T[];
  readonly begin: (statement: T, index: number) => StatementRun;
  readonly isOrdered: boolean;
  readonly results: (Doc | undefined)[];
  readonly writeErrors: Doc[];
  readonly retriedStatements: number[];
}

/**
 * Runs the statements of a write command one after the other; an ordered command stops at its first error.
 * A statement that this session has already run under this transaction number is answered from its record, and is not run again.
 * Only a command that had to wait for a transaction answers later.
 */
export function runStatements<T>(
  context: CommandContext,
  statements: readonly T[],
  begin: (statement: T, index: number) => StatementRun,
): StatementOutcomes | Promise<StatementOutcomes> {
  const isOrdered = context.args.boolean("ordered", true);
  return runFrom({ context, statements, begin, isOrdered, results: [], writeErrors: [], retriedStatements: [] }, 0);
}

function runFrom<T>(run: StatementsRun<T>, first: number): StatementOutcomes | Promise<StatementOutcomes> {
  for (let index = first; index < run.statements.length; index += 1) {
    const goesOn = runStatement(run, index);
    if (goesOn instanceof Promise) {
      return goesOn.then((isFree) => runFrom(run, isFree ? index + 1 : run.statements.length));
    }
    if (!goesOn) break;
  }
  if (run.writeErrors.length > 0) abortFailedTransaction(run.context);
  return run;
}

/** Runs one statement; answers whether the next one may follow. Throws: what ends the whole command. */
function runStatement<T>(run: StatementsRun<T>, index: number): boolean | Promise<boolean> {
  const { context, statements, begin, results, retriedStatements } = run;
  const statement = statements[index];
  if (statement === undefined) return false;
  const statementId = statementIdOf(context, index);
  const known = rememberedResult(context, statementId);
  if (known !== undefined) {
    results[index] = known;
    retriedStatements.push(statementId);
    dependOnPast(context);
    return true;
  }
  try {
    const work = begin(statement, index);
    const outcome = untilUnblocked(context, () => completed(context, statementId, work));
    if (outcome instanceof Promise) return settleLater(run, index, outcome);
    results[index] = outcome;
    return true;
  } catch (error) {
    return failStatement(run, index, error);
  }
}

async function settleLater<T>(run: StatementsRun<T>, index: number, outcome: Promise<Doc>): Promise<boolean> {
  try {
    run.results[index] = await outcome;
    return true;
  } catch (error) {
    return failStatement(run, index, error);
  }
}

function failStatement<T>(
  { context, writeErrors, isOrdered }: StatementsRun<T>,
  index: number,
  error: unknown,
): boolean {
  if (!(error instanceof ServerError) || isFatal(context, error)) throw error;
  writeErrors.push(writeErrorOf(error, index));
  return !isOrdered && context.session?.transaction === undefined;
}

/** Runs a command that is one retryable statement, such as findAndModify. */
export function runOnce(context: CommandContext, run: () => Doc): Doc | Promise<Doc> {
  const statementId = statementIdOf(context, 0);
  const known = rememberedResult(context, statementId);
  if (known !== undefined) {
    dependOnPast(context);
    return known;
  }
  return untilUnblocked(context, () => completed(context, statementId, run));
}

/** The documents of a command: a document sequence of the message, or an array in its body. */
export function statementDocs(context: CommandContext, field: string): Doc[] {
  const docs = context.args.docs(field);
  if (docs === undefined) throw context.args.missing(field);
  return docs;
}

function statementIdOf({ body, args }: CommandContext, index: number): number {
  const single = toNumber(body.get("stmtId"));
  if (single !== undefined) return single + index;
  return toNumber(args.array("stmtIds")?.[index]) ?? index;
}

function rememberedResult({ session }: CommandContext, statementId: number): Doc | undefined {
  if (session?.isRetryable !== true) return undefined;
  return session.record?.statements.get(statementId);
}

/** A repeated answer is as durable as the first one would have been. */
function dependOnPast(context: CommandContext): void {
  context.dependsOn = Math.max(context.dependsOn, context.server.store.lastCommit);
}

/** Runs a statement and keeps its result in the same turn in which the write commits, so that both reach the disk in one batch. */
function completed({ session, server }: CommandContext, statementId: number, run: StatementRun): Doc {
  if (session?.isRetryable !== true) return run();
  return runUnderFailPoint(server.failPoints, () => {
    const result = run();
    session.record?.statements.set(statementId, result);
    return result;
  });
}

/** Errors that end the whole command instead of being reported with their statement. */
function isFatal({ session }: CommandContext, error: ServerError): boolean {
  return (
    (session?.transaction !== undefined && error.codeName === "WriteConflict") || error.codeName === "InternalError"
  );
}

function writeErrorOf(error: ServerError, index: number): Doc {
  return new Map<string, Value>([
    ["index", index],
    ["code", error.code],
    ...(error.extra ?? []),
    ["errmsg", error.message],
  ]);
}

/** Reads the options that a statement shares with a filter. */
export function filterContextOf(
  context: CommandContext,
  statement: Arguments,
  extra?: Doc,
): { variables: Doc; collation?: Doc; now: Date } {
  const collation = statement.doc("collation");
  const given = context.args.doc("let");
  const variables: Doc = new Map([...(given === undefined ? [] : constantsOf(given)), ...(extra ?? [])]);
  const isSimple = collation === undefined || collation.get("locale") === "simple";
  return { variables, now: new Date(), ...(isSimple ? {} : { collation }) };
}

/** The variables of `let` are expressions that look at no document. */
function* constantsOf(given: Doc): Generator<[string, Value]> {
  const nothing: Doc = new Map();
  for (const [name, expression] of given) {
    const value = compileExpression(expression)({ root: nothing, variables: new Map() });
    if (value !== undefined) yield [name, value];
  }
}

/** Throws: BSONObjectTooLarge. */
export function assertDocumentSize(bytes: Buffer, limit: number): void {
  if (bytes.length > limit) {
    throw serverError(
      "BSONObjectTooLarge",
      `BSONObj size: ${bytes.length} is invalid. Size must be between 0 and ${limit}`,
    );
  }
}
