import { invalidRequest, type StripeError } from "./stripe-error";

const MAX_CLAUSES = 10;
const SHORTEST_SUBSTRING = 3;
const CLAUSE =
  /(-)?([a-z][\w.]*)(?:\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\])?(:|~|>=|<=|>|<)(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(null)(?![\w.])|(-?\d+(?:\.\d+)?)(?![\w.]))/iy;
const JOINT = /\s+(?:(and|or)\s+)?/iy;

type Operator = ":" | "~" | ">" | "<" | ">=" | "<=";

/**
 * How a field can be searched: `token` by its whole value, `string` by words in a row or by a part, `numeric` by size too; case never
 * counts. `metadata` is a token by key.
 */
export type FieldType = "token" | "string" | "numeric" | "metadata";

/** A field that queries may name. */
export interface SearchField {
  readonly type: FieldType;
  /** Finds the value; by default it is at the field's name, part by part. */
  readonly read?: (object: object) => unknown;
  /** The only values that a query may ask for, beside null. */
  readonly values?: readonly string[];
}

/** The fields of one resource, by name. */
export type SearchFields = Readonly<Record<string, SearchField>>;

interface Clause {
  readonly negated: boolean;
  readonly field: SearchField;
  readonly path: readonly string[];
  readonly operator: Operator;
  /** null asks for fields without a value. */
  readonly value: string | null;
}

/** A query that was understood. */
export interface SearchQuery {
  readonly combination: "and" | "or";
  readonly clauses: readonly Clause[];
}

/**
 * Parses a query of Stripe's search language.
 * Refuses, in this order and naming `query`: what is no list of clauses; more than ten of them; `AND` and `OR` in one query; and for each
 * clause a field that the resource does not have, an operator that the field does not have, and a value that does not fit both.
 */
export function parseSearchQuery(query: string, resource: string, fields: SearchFields): SearchQuery {
  const { written, joints } = cutIntoClauses(query.trim());
  if (written.length > MAX_CLAUSES) throw refused(`A search query can have at most ${MAX_CLAUSES} clauses`);
  if (new Set(joints).size > 1)
    throw refused("A search query can combine its clauses with AND or with OR, not with both");
  return {
    combination: joints[0] ?? "and",
    clauses: written.map((clause) => toClause(clause, resource, fields)),
  };
}

/** Tells whether an object is among those that a query asks for. */
export function isFound({ combination, clauses }: SearchQuery, object: object): boolean {
  const fits = (clause: Clause): boolean => holds(clause, object) !== clause.negated;
  return combination === "and" ? clauses.every(fits) : clauses.some(fits);
}

function cutIntoClauses(query: string): {
  readonly written: readonly RegExpExecArray[];
  readonly joints: readonly ("and" | "or")[];
} {
  const written: RegExpExecArray[] = [];
  const joints: ("and" | "or")[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray => {
    pattern.lastIndex = at;
    const taken = pattern.exec(query);
    if (taken === null) throw notUnderstood(query, at);
    at = pattern.lastIndex;
    return taken;
  };
  written.push(take(CLAUSE));
  while (at < query.length) {
    joints.push(take(JOINT)[1]?.toLowerCase() === "or" ? "or" : "and");
    written.push(take(CLAUSE));
  }
  return { written, joints };
}

function toClause(written: RegExpExecArray, resource: string, fields: SearchFields): Clause {
  const [, minus, name = "", keyInDouble, keyInSingle, sign, inDouble, inSingle, nothing, number] = written;
  const key = keyInDouble ?? keyInSingle;
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined || (field.type === "metadata") !== (key !== undefined)) {
    throw refused(`Field \`${name}\` is an unsupported search field for resource \`${resource}\`${hintOf(field)}`);
  }
  const operator = sign as Operator;
  const value = nothing === undefined ? (number ?? unescaped(inDouble ?? inSingle ?? "")) : null;
  assertFits(name, field, { operator, value });
  return {
    negated: minus !== undefined,
    field,
    path: key === undefined ? name.split(".") : [name, unescaped(key)],
    operator,
    value,
  };
}

function hintOf(field: SearchField | undefined): string {
  return field?.type === "metadata" ? '. Expected metadata["key"]:"value"' : "";
}

const OPERATORS: Readonly<Record<FieldType, readonly Operator[]>> = {
  token: [":"],
  metadata: [":"],
  string: [":", "~"],
  numeric: [":", ">", "<", ">=", "<="],
};

function assertFits(name: string, field: SearchField, { operator, value }: Pick<Clause, "operator" | "value">): void {
  if (!OPERATORS[field.type].includes(operator) || (value === null && operator !== ":")) {
    throw refused(`Operator \`${operator}\` is not supported here: \`${name}\` is a field of type ${field.type}`);
  }
  if (value === null) return;
  if (field.type === "numeric" && !/^-?\d+(\.\d+)?$/.test(value)) {
    throw refused(`Field \`${name}\` is numeric: expected a number, given "${value}"`);
  }
  if (operator === "~" && [...value].length < SHORTEST_SUBSTRING) {
    throw refused(
      `A part of a text to search for must have at least ${SHORTEST_SUBSTRING} characters, given "${value}"`,
    );
  }
  if (field.values !== undefined && !field.values.includes(value.toLowerCase())) {
    throw refused(`Field \`${name}\` takes ${field.values.join(" or ")}, given "${value}"`);
  }
}

function holds({ field, path, operator, value }: Clause, object: object): boolean {
  const found = field.read === undefined ? valueAt(object, path) : field.read(object);
  if (found === null || found === undefined) return value === null;
  if (value === null) return false;
  if (field.type === "numeric") return compares(Number(found), operator, Number(value));
  const text = textOf(found);
  const sought = value.toLowerCase();
  if (operator === "~") return text.includes(sought);
  return field.type === "string" ? hasWords(text, sought) : text === sought;
}

function compares(found: number, operator: Operator, sought: number): boolean {
  switch (operator) {
    case ">":
      return found > sought;
    case "<":
      return found < sought;
    case ">=":
      return found >= sought;
    case "<=":
      return found <= sought;
    case ":":
    case "~":
      return found === sought;
  }
}

/** Tells whether a text has the words in a row. */
function hasWords(text: string, sought: string): boolean {
  const words = (line: string): string => ` ${line.split(/\s+/).filter(Boolean).join(" ")} `;
  return words(text).includes(words(sought));
}

function textOf(found: unknown): string {
  return (typeof found === "string" ? found : JSON.stringify(found)).toLowerCase();
}

function valueAt(object: object, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, part) ? Reflect.get(value, part) : undefined,
    object,
  );
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, "$1");
}

function notUnderstood(query: string, at: number): StripeError {
  return refused(
    `We were unable to parse your search query at "${query.slice(at, at + 40)}". Expected metadata["key"]:"value" or field:"value"`,
  );
}

function refused(message: string): StripeError {
  return invalidRequest(message, { param: "query" });
}
