import { numberedError } from "../../errors";
import { show } from "../../bson/show";
import type { Doc, Value } from "../../bson/values";
import { compileExpression, type Evaluator } from "../expression";
import { lazily, type StageBuilder } from "./stage";

/** The three answers are plain text to the server, too. */
const ANSWERS: ReadonlyMap<string, Value> = new Map([
  ["DESCEND", "descend"],
  ["PRUNE", "prune"],
  ["KEEP", "keep"],
]);

const redact: StageBuilder = (spec, { order, variables }) => {
  const judge = compileExpression(spec, order);
  const withAnswers = new Map([...variables, ...ANSWERS]);
  return lazily(function* (input) {
    for (const doc of input) {
      const kept = new Redaction(judge, doc, withAnswers).document(doc);
      if (kept !== undefined) yield kept;
    }
  });
};

class Redaction {
  constructor(
    private readonly judge: Evaluator,
    private readonly root: Doc,
    private readonly variables: ReadonlyMap<string, Value>,
  ) {}

  /** Judges one document of any depth; undefined when it is pruned. */
  document(doc: Doc): Doc | undefined {
    const answer = this.judge({ root: this.root, current: doc, variables: this.variables });
    if (answer === "keep") return doc;
    if (answer === "prune") return undefined;
    if (answer !== "descend") {
      throw numberedError(
        17053,
        `$redact's expression should not return anything aside from the variables $$KEEP, $$DESCEND, and $$PRUNE, but returned ${show(answer)}`,
      );
    }
    const kept: Doc = new Map();
    for (const [name, value] of doc) {
      const inner = this.value(value);
      if (inner !== undefined) kept.set(name, inner);
    }
    return kept;
  }

  private value(value: Value): Value | undefined {
    if (value instanceof Map) return this.document(value);
    if (!Array.isArray(value)) return value;
    return value.flatMap((item) => {
      const inner = this.value(item);
      return inner === undefined ? [] : [inner];
    });
  }
}

/** The stage that cuts documents down by what stands in them. */
export const REDACT_STAGES: Readonly<Record<string, StageBuilder>> = { $redact: redact };
