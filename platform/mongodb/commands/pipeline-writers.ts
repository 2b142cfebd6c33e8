import type { Doc } from "../bson/values";
import { serverError } from "../errors";
import type { CommandContext } from "./context";

/** The `$out` or `$merge` at the end of a pipeline. */
export interface PipelineWriter {
  readonly stage: "$out" | "$merge";
  readonly specification: Doc;
}

/** Recognizes a stage that writes. */
export function writerOf(stage: Doc | undefined): PipelineWriter | undefined {
  for (const name of ["$out", "$merge"] as const)
    if (stage?.has(name) === true) return { stage: name, specification: stage };
  return undefined;
}

/** Throws: NotImplemented. */
export function runOut(_context: CommandContext, writer: PipelineWriter, _results: Iterable<Doc>): Promise<void> {
  throw serverError("NotImplemented", `Stage ${writer.stage} is not implemented`);
}
