import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import type { FunctionDefinition } from "./app-tree";
import type { TreeFiles } from "./tree-files";
import { describe, flagField, isJsonObject, stringField, type FieldRules, type TreeReport } from "./tree-report";

const MANIFEST = "functions/config.json";
const NAME = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/;

const FUNCTION_RULES: FieldRules = {
  id: { type: "string" },
  _id: { type: "string" },
  name: { type: "string", required: true },
  private: { type: "boolean" },
  can_evaluate: { type: "object" },
  disable_arg_logs: { type: "boolean" },
  run_as_system: { type: "boolean" },
  run_as_user_id: { type: "string" },
  run_as_user_id_script_source: { type: "string" },
};

/** Reads `functions/`: the manifest paired with its sources, each compiled once to find syntax errors at the start. */
export function loadFunctions(files: TreeFiles, report: TreeReport): ReadonlyMap<string, FunctionDefinition> {
  const functions = new Map<string, FunctionDefinition>();
  const sources = new Set(files.sources("functions").map((source) => source.slice(0, -".js".length)));
  const manifest = files.readJson(MANIFEST) ?? [];
  if (!Array.isArray(manifest)) {
    report.add(MANIFEST, `is ${describe(manifest)}, expected an array`);
    return functions;
  }
  manifest.forEach((entry: unknown, index) => {
    if (!report.checkObject(MANIFEST, `[${index}]`, entry, FUNCTION_RULES)) return;
    const name = stringField(entry, "name");
    checkEntry(entry, index, report);
    if (functions.has(name))
      report.add(MANIFEST, `[${index}].name is ${describe(name)}, which an earlier entry has already`);
    if (!sources.has(name)) {
      report.add(MANIFEST, `[${index}].name is ${describe(name)}, but functions/${name}.js does not exist`);
      return;
    }
    functions.set(name, {
      name,
      file: join(files.dir, "functions", `${name}.js`),
      isPrivate: flagField(entry, "private"),
      runAsSystem: flagField(entry, "run_as_system"),
    });
  });
  for (const name of sources) {
    // App Services gives a source without an entry the defaults, so this does too.
    if (!functions.has(name)) {
      functions.set(name, {
        name,
        file: join(files.dir, "functions", `${name}.js`),
        isPrivate: false,
        runAsSystem: false,
      });
    }
    checkSyntax(files.dir, `functions/${name}.js`, report);
  }
  return functions;
}

function checkEntry(entry: Readonly<Record<string, unknown>>, index: number, report: TreeReport): void {
  const name = stringField(entry, "name");
  if (name !== "" && !NAME.test(name)) {
    report.add(MANIFEST, `[${index}].name is ${describe(name)}, expected letters, digits, _ and -, nested by /`);
  }
  const rule = entry["can_evaluate"];
  if (isJsonObject(rule) && Object.keys(rule).length > 0) {
    report.add(
      MANIFEST,
      `[${index}].can_evaluate is ${describe(rule)}, expected {}: this runtime has no rule expressions yet`,
    );
  }
  for (const key of ["run_as_user_id", "run_as_user_id_script_source"]) {
    if (stringField(entry, key) !== "") {
      report.add(
        MANIFEST,
        `[${index}].${key} is set, expected none: this runtime runs functions as system or as the caller`,
      );
    }
  }
}

function checkSyntax(dir: string, file: string, report: TreeReport): void {
  try {
    // The wrapper matches how the worker compiles it: a function body in which `exports` can be assigned.
    void new Script(`(function (exports) {${readFileSync(join(dir, file), "utf8")}\n})`, { filename: file });
  } catch (error) {
    const line = error instanceof Error ? /:(\d+)\n/.exec(error.stack ?? "")?.[1] : undefined;
    report.add(
      file,
      `does not compile${line === undefined ? "" : ` (line ${line})`}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
