import { readFileSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import * as fs from "node:fs";
import { dirname } from "node:path";
import { compileFunction } from "node:vm";

/** Loads modules for functions: built-in ones that App Services allows, and packages found from the function's folder upwards. */
export interface ModuleLoader {
  requireFrom(file: string): NodeJS.Require;
}

const REFUSED = new Set([
  "child_process",
  "cluster",
  "domain",
  "inspector",
  "module",
  "readline",
  "repl",
  "v8",
  "vm",
  "worker_threads",
]);
const FS_MEMBERS = ["accessSync", "constants", "existsSync", "lstatSync", "readFileSync", "statSync"] as const;

interface LoadedModule {
  exports: unknown;
}

/**
 * Creates the loader of one worker; a module is loaded once and kept warm for all calls.
 *
 * Holds: modules see the same `process`, `console`, `Date` and `globalThis` as functions do.
 */
export function createModuleLoader(globals: Readonly<Record<string, unknown>>): ModuleLoader {
  const cache = new Map<string, LoadedModule>();
  const globalNames = Object.keys(globals);

  const loadFile = (file: string, native: NodeJS.Require): unknown => {
    const known = cache.get(file);
    if (known !== undefined) return known.exports;
    if (file.endsWith(".json")) {
      const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
      cache.set(file, { exports: parsed });
      return parsed;
    }
    if (file.endsWith(".node")) throw new Error(`Native add-ons cannot be used in functions: ${file}`);
    const source = readFileSync(file, "utf8");
    // ES modules cannot be compiled as a function body; Node loads them itself, without our globals.
    if (isEsModule(file, source)) return native(file);
    const loaded: LoadedModule = { exports: {} };
    cache.set(file, loaded);
    try {
      const run = compileFunction(
        `(function () {${source}\n}).call(this);`,
        [...globalNames, "exports", "require", "module", "__filename", "__dirname"],
        {
          filename: file,
        },
      );
      run.call(
        loaded.exports,
        ...globalNames.map((name) => globals[name]),
        loaded.exports,
        requireFrom(file),
        loaded,
        file,
        dirname(file),
      );
    } catch (error) {
      cache.delete(file);
      throw error;
    }
    return loaded.exports;
  };

  const requireFrom = (file: string): NodeJS.Require => {
    const native = createRequire(file);
    const load = (request: string): unknown => {
      if (isBuiltin(request)) return loadBuiltin(request.replace(/^node:/, ""), native, globals["process"]);
      return loadFile(native.resolve(request), native);
    };
    return Object.assign(load, {
      resolve: native.resolve,
      cache: native.cache,
      extensions: native.extensions,
      main: undefined,
    });
  };
  return { requireFrom };
}

function loadBuiltin(name: string, native: NodeJS.Require, sandboxProcess: unknown): unknown {
  const [root = name] = name.split("/");
  if (name === "process") return sandboxProcess;
  if (root === "fs") {
    return name === "fs" ? Object.fromEntries(FS_MEMBERS.map((member) => [member, fs[member]])) : refusedModule(name);
  }
  if (REFUSED.has(root)) return refusedModule(name);
  return native(name);
}

/** Packages often name such a module at their head and never use it, so the refusal waits for the first use. */
function refusedModule(name: string): unknown {
  return new Proxy(
    {},
    {
      get(_, member) {
        if (typeof member === "symbol" || member === "__esModule" || member === "default" || member === "then")
          return undefined;
        return () => {
          throw new Error(`Module "${name}" is not available in functions (called: ${member})`);
        };
      },
    },
  );
}

function isEsModule(file: string, source: string): boolean {
  if (file.endsWith(".mjs")) return true;
  if (file.endsWith(".cjs") || !/^\s*(import|export)\b/m.test(source)) return false;
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = `${folder}/package.json`;
    if (fs.existsSync(manifest)) {
      const parsed: unknown = JSON.parse(readFileSync(manifest, "utf8"));
      return typeof parsed === "object" && parsed !== null && "type" in parsed && parsed.type === "module";
    }
  }
  return false;
}
