/** One thing wrong with a tree: where, what stands there, and what was expected. */
export interface TreeProblem {
  readonly file: string;
  readonly message: string;
}

/** Stops a start on a bad tree; its message lists every problem found, one a line. */
export class TreeError extends Error {
  override readonly name = "TreeError";

  constructor(
    readonly dir: string,
    readonly problems: readonly TreeProblem[],
  ) {
    const lines = problems.map((problem) => `  ${problem.file}: ${problem.message}`);
    super(
      `The app tree ${dir} has ${problems.length} problem${problems.length === 1 ? "" : "s"}:\n${lines.join("\n")}`,
    );
  }
}

export interface FieldRule {
  readonly type: "string" | "boolean" | "number" | "object" | "array" | "strings" | "any";
  readonly required?: true;
  readonly oneOf?: readonly string[];
}

export type FieldRules = Readonly<Record<string, FieldRule>>;

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Collects the problems of a tree while it is read.
 *
 * Holds: reading goes on after a problem, so that one start names them all.
 */
export class TreeReport {
  readonly problems: TreeProblem[] = [];

  add(file: string, message: string): void {
    this.problems.push({ file, message });
  }

  /** Reports missing, wrongly typed and unknown keys of an object; answers whether it is an object at all. */
  checkObject(file: string, at: string, value: unknown, rules: FieldRules): value is JsonObject {
    if (!isJsonObject(value)) {
      this.add(file, `${at || "the file"} is ${describe(value)}, expected an object`);
      return false;
    }
    const prefix = at === "" ? "" : `${at}.`;
    for (const [key, rule] of Object.entries(rules)) {
      const given = value[key];
      if (given === undefined || given === null) {
        if (rule.required) this.add(file, `${prefix}${key} is missing, expected ${expectation(rule)}`);
      } else if (!fits(given, rule)) {
        this.add(file, `${prefix}${key} is ${describe(given)}, expected ${expectation(rule)}`);
      }
    }
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(rules, key))
        this.add(file, `${prefix}${key} is not a known key${suggestion(key, Object.keys(rules))}`);
    }
    return true;
  }
}

/** Tells a plain JSON object from arrays and scalars. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Renders a given value for a message, cut to a bearable length. */
export function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Reads a string field; what is not one was reported by `checkObject`. */
export function stringField(object: JsonObject, key: string, fallback = ""): string {
  const value = object[key];
  return typeof value === "string" ? value : fallback;
}

/** Reads a flag; what is not one was reported by `checkObject`. */
export function flagField(object: JsonObject, key: string, fallback = false): boolean {
  const value = object[key];
  return typeof value === "boolean" ? value : fallback;
}

/** Reads an object field, empty when absent. */
export function objectField(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}

/** Reads a list of strings, empty when absent. */
export function stringsField(object: JsonObject, key: string): readonly string[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function fits(value: unknown, rule: FieldRule): boolean {
  switch (rule.type) {
    case "string":
      return typeof value === "string" && (rule.oneOf === undefined || rule.oneOf.includes(value));
    case "boolean":
    case "number":
      return typeof value === rule.type;
    case "object":
      return isJsonObject(value);
    case "array":
      return Array.isArray(value);
    case "strings":
      return (
        Array.isArray(value) &&
        value.every((item) => typeof item === "string" && (rule.oneOf === undefined || rule.oneOf.includes(item)))
      );
    case "any":
      return true;
  }
}

function expectation(rule: FieldRule): string {
  const among = rule.oneOf === undefined ? "" : ` of ${rule.oneOf.map((one) => JSON.stringify(one)).join(", ")}`;
  switch (rule.type) {
    case "string":
      return rule.oneOf === undefined ? "a string" : `one${among}`;
    case "strings":
      return rule.oneOf === undefined ? "an array of strings" : `an array${among}`;
    case "boolean":
      return "true or false";
    case "array":
    case "object":
      return `an ${rule.type}`;
    case "number":
      return "a number";
    case "any":
      return "a value";
  }
}

function suggestion(key: string, known: readonly string[]): string {
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(key.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= 3)
    .toSorted((a, b) => a.distance - b.distance)[0];
  return near === undefined ? `, expected one of ${known.join(", ")}` : `, did you mean ${near.candidate}?`;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
