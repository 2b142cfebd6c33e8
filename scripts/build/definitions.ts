import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import type { EndpointDefinition } from "../../functions-src/lib/edge/define-endpoint";
import type { FunctionDefinition } from "../../functions-src/lib/edge/define-function";
import type { TriggerDefinition } from "../../functions-src/lib/edge/define-trigger";

/** The project's folder. */
export const ROOT = join(__dirname, "..", "..");

export type Definition = FunctionDefinition | EndpointDefinition | TriggerDefinition;

/** A definition with the file it stands in and the function name it is deployed under. */
export interface Entry {
  readonly file: string;
  readonly functionName: string;
  readonly definition: Definition;
}

/** Lists the TypeScript files below a folder, in a stable order. */
export function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * Loads every deployed entry.
 * Throws: an Error naming the file when it declares nothing, or a name that is not its path.
 */
export function loadEntries(): readonly Entry[] {
  const functionFiles = sourceFiles(join(ROOT, "functions-src")).filter((file) => !isLib(file));
  const triggerFiles = sourceFiles(join(ROOT, "triggers-src"));
  return [...functionFiles, ...triggerFiles].map(loadEntry);
}

function isLib(file: string): boolean {
  return relative(join(ROOT, "functions-src"), file).startsWith("lib");
}

function loadEntry(file: string): Entry {
  const loaded = require(file) as { readonly default?: Definition };
  const definition = loaded.default;
  const shown = relative(ROOT, file);
  if (definition === undefined)
    throw new Error(`${shown}: expected a default export made by defineFunction or the like`);
  const path = shown.replace(/\.ts$/, "");
  const expected =
    definition.kind === "trigger" ? (path.split("/").pop() ?? path) : path.replace(/^functions-src\//, "");
  if (definition.name !== expected)
    throw new Error(`${shown}: expected the name "${expected}", got "${definition.name}"`);
  const functionName = definition.kind === "trigger" ? `triggers/${definition.name}` : definition.name;
  return { file, functionName, definition };
}
