import { serverError } from "../errors";
import type { Doc, Value } from "../bson/values";
import { compileFilter, type FilterContext } from "../match/compile-filter";
import type { ElementTest } from "./apply-tree";

/**
 * Compiles array filters to tests by identifier.
 * Throws: FailedToParse for a filter without exactly one top-level name, for a name given twice, and for one that no path uses; BadValue for one that is missing.
 */
export function compileArrayFilters(
  filters: readonly Doc[],
  paths: readonly string[],
  context: FilterContext,
): Map<string, ElementTest> {
  const tests = new Map<string, ElementTest>();
  for (const filter of filters) {
    const name = identifierOf(filter);
    if (tests.has(name)) {
      throw serverError("FailedToParse", `Found multiple array filters with the same top-level field name ${name}`);
    }
    const compiled = compileFilter(filter, context);
    tests.set(name, (element) => compiled.matches(new Map([[name, element]])));
  }
  checkUse(tests, paths);
  return tests;
}

function identifierOf(filter: Doc): string {
  const names = new Set(topNames(filter));
  const [name] = names;
  if (name === undefined) {
    throw serverError("FailedToParse", "Cannot use an expression without a top-level field name in arrayFilters");
  }
  if (names.size > 1) {
    throw serverError(
      "FailedToParse",
      `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${[...names].join("' and '")}'`,
    );
  }
  if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
    throw serverError(
      "BadValue",
      `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
    );
  }
  return name;
}

function topNames(filter: Doc): string[] {
  return [...filter].flatMap(([key, value]: [string, Value]) => {
    if (!key.startsWith("$")) return [key.split(".")[0] ?? ""];
    return Array.isArray(value) ? value.flatMap((part) => (part instanceof Map ? topNames(part) : [])) : [];
  });
}

function checkUse(tests: ReadonlyMap<string, ElementTest>, paths: readonly string[]): void {
  const used = new Set<string>();
  for (const path of paths) {
    for (const [, name = ""] of path.matchAll(/\$\[([a-z][a-zA-Z0-9]*)\]/g)) {
      if (!tests.has(name))
        throw serverError("BadValue", `No array filter found for identifier '${name}' in path '${path}'`);
      used.add(name);
    }
  }
  for (const name of tests.keys()) {
    if (!used.has(name)) {
      throw serverError("FailedToParse", `The array filter for identifier '${name}' was not used in the update`);
    }
  }
}
