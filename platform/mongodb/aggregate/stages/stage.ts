import { numberedError } from "../../errors";
import { toWhole } from "../../bson/numeric";
import { typeNameOf } from "../../bson/types";
import type { Doc, Value } from "../../bson/values";
import type { Comparator } from "../../match/collation";

/** What a pipeline runs in. */
export interface PipelineContext {
  /** Gives the documents of another collection of the same database. */
  collection(name: string): Iterable<Doc>;
  /** Values of `let`. */
  readonly variables?: Doc;
  readonly now: Date;
  readonly collation?: Doc;
}

/** Runs a nested pipeline; handed down, so that stage files need not import the runner. */
export type RunPipeline = (pipeline: readonly Doc[], input: Iterable<Doc>, context: PipelineContext) => Iterable<Doc>;

/** A compiled stage: lazily turns documents into documents. */
export type Stage = (input: Iterable<Doc>) => Iterable<Doc>;

/** What stages are compiled with. */
export interface StageTools {
  readonly context: PipelineContext;
  /** How values compare by the collation of the context. */
  readonly order: Comparator;
  readonly variables: ReadonlyMap<string, Value>;
  readonly run: RunPipeline;
}

/** Compiles one stage from its operand. */
export type StageBuilder = (spec: Value, tools: StageTools) => Stage;

/** Asks for a document as a stage's operand. */
export function requireSpec(stage: string, spec: Value | undefined): Doc {
  if (!(spec instanceof Map))
    throw numberedError(15959, `the ${stage} specification must be an object, found ${typeNameOf(spec)}`);
  return spec;
}

/** Asks for a pipeline: an array of documents. */
export function requirePipeline(stage: string, spec: Value | undefined): Doc[] {
  if (!Array.isArray(spec))
    throw numberedError(40169, `${stage}: a pipeline must be an array, found ${typeNameOf(spec)}`);
  return spec.map((one) => requireSpec(stage, one));
}

/** Asks for a whole number of at least `least`. */
export function requireCount(stage: string, spec: Value | undefined, least: bigint): number {
  const whole = toWhole(spec);
  if (whole === undefined || whole < least) {
    throw numberedError(
      15957,
      `invalid argument to ${stage} stage: a whole number of at least ${least} is needed, found ${typeNameOf(spec)}`,
    );
  }
  return Number(whole);
}

/** Builds a stage from a generator function. */
export function lazily(run: (input: Iterable<Doc>) => Generator<Doc>): Stage {
  // A generator runs once only; the stage may be asked to iterate again.
  return (input) => ({ [Symbol.iterator]: () => run(input) });
}
