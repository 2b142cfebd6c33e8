import { readFileSync } from "node:fs";
import { compileFunction } from "node:vm";
import type { ModuleLoader } from "./module-loader";

export type Handler = (...args: unknown[]) => unknown;

/** Makes the function of a name ready to be called with one call's context. */
export interface FunctionCache {
  bind(name: string, context: unknown): Handler;
  isKnown(name: string): boolean;
  runsAsSystem(name: string): boolean;
}

/**
 * Creates the functions of one worker. A source is compiled once; its top level runs anew for each call and closes over the context of
 * that call, so that nothing of one call can be seen by another but what lives in required modules.
 */
export function createFunctionCache(deps: {
  readonly functions: readonly { readonly name: string; readonly file: string; readonly runAsSystem: boolean }[];
  readonly globals: Readonly<Record<string, unknown>>;
  readonly modules: ModuleLoader;
}): FunctionCache {
  const definitions = new Map(deps.functions.map((definition) => [definition.name, definition]));
  const compiled = new Map<string, Handler>();
  const names = Object.keys(deps.globals);
  const values = names.map((name) => deps.globals[name]);

  const compile = (name: string, file: string): Handler => {
    const known = compiled.get(name);
    if (known !== undefined) return known;
    // The inner function lets a source declare a name that is also one of the globals.
    const source = `return (function () {${readFileSync(file, "utf8")}\n; return exports; })();`;
    const body = compileFunction(source, [...names, "require", "context", "exports"], { filename: file });
    const requireHere = deps.modules.requireFrom(file);
    const made: Handler = (context) => body(...values, requireHere, context, {});
    compiled.set(name, made);
    return made;
  };
  return {
    bind(name, context) {
      const definition = definitions.get(name);
      if (definition === undefined) throw new Error(`function not found: '${name}'`);
      const exported = compile(name, definition.file)(context);
      if (!isHandler(exported)) {
        throw new Error(
          `function '${name}' assigns ${exported === null ? "null" : typeof exported} to exports, expected a function`,
        );
      }
      return exported;
    },
    isKnown: (name) => definitions.has(name),
    runsAsSystem: (name) => definitions.get(name)?.runAsSystem ?? false,
  };
}

function isHandler(value: unknown): value is Handler {
  return typeof value === "function";
}
