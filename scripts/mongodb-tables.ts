import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandTable } from "../platform/mongodb/commands/table";
import { SERVER_STAGES } from "../platform/mongodb/commands/pipeline-source";
import { ServerError } from "../platform/mongodb/errors";
import { FAIL_POINTS } from "../platform/mongodb/commands/fail-points";
import { compileFilter } from "../platform/mongodb/match/compile-filter";
import { ARRAY_MODIFIERS } from "../platform/mongodb/update/array-modifiers";
import { VALUE_MODIFIERS } from "../platform/mongodb/update/modifiers";

const ROOT = join(__dirname, "../platform/mongodb");
const README = join(ROOT, "README.md");
const BEGIN = "<!-- tables: written by scripts/mongodb-tables.ts -->";
const END = "<!-- end of tables -->";

/** Writes the tables of supported commands and operators, as the code has them, into the README of the embedded database. */
export function writeTables(): void {
  writeFileSync(README, readmeWithTables());
}

/** The README with fresh tables; it differs from the file when that is stale. */
export function readmeWithTables(): string {
  const text = readFileSync(README, "utf8");
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${README} has lost the marks between which the tables stand`);
  return `${text.slice(0, begin)}${BEGIN}\n\n${renderTables()}\n\n${text.slice(end)}`;
}

function renderTables(): string {
  const commands = [...commandTable].map(([name, { summary, inTransaction }]) => {
    return `| \`${name}\` | ${summary} | ${inTransaction === true ? "yes" : ""} |`;
  });
  const stages = [...tableNames("aggregate/stages"), ...tableNames("aggregate/windows", /_STAGES$/)];
  const operators: readonly (readonly [string, readonly string[]])[] = [
    ["Query", [...filterNames("compile-filter.ts", topLevel), ...filterNames("compile-condition.ts", onField)]],
    ["Update", [...Object.keys(VALUE_MODIFIERS), ...Object.keys(ARRAY_MODIFIERS)]],
    ["Stages", [...stages, ...caseNames("aggregate/transform.ts"), ...SERVER_STAGES]],
    ["Accumulators", [...accumulatorNames(), ...caseNames("aggregate/accumulators.ts")]],
    ["Window functions", tableNames("aggregate/windows", /_FUNCTIONS$/)],
    ["Expressions", tableNames("aggregate/operators")],
    ["Fail points", [...FAIL_POINTS]],
  ];
  return [
    "| Command | what of it | in transactions |",
    "|---|---|---|",
    ...commands,
    "",
    "| Operators | |",
    "|---|---|",
    ...operators.map(([kind, names]) => `| ${kind} | ${listed(names)} |`),
  ].join("\n");
}

function listed(names: readonly string[]): string {
  return [...new Set(names)]
    .toSorted()
    .map((name) => `\`${name}\``)
    .join(" ");
}

/** Names in the tables that the modules of a folder export: constants in capitals whose keys begin with `$`. */
function tableNames(folder: string, only = /./): string[] {
  const names: string[] = [];
  for (const file of readdirSync(join(ROOT, folder))) {
    const exported: unknown = require(join(ROOT, folder, file));
    if (typeof exported !== "object" || exported === null) continue;
    for (const [name, table] of Object.entries(exported)) {
      if (name !== name.toUpperCase() || !only.test(name) || typeof table !== "object" || table === null) continue;
      names.push(...Object.keys(table).filter((key) => key.startsWith("$")));
    }
  }
  return names;
}

/** The simple accumulators stand in a table of their file. */
function accumulatorNames(): string[] {
  const source = readFileSync(join(ROOT, "aggregate/accumulators.ts"), "utf8");
  return Array.from(source.matchAll(/^ {2}(\$\w+): /gm), ([, name]) => name ?? "");
}

/** Names that a file's switch knows. */
function caseNames(file: string): string[] {
  const source = readFileSync(join(ROOT, file), "utf8");
  return Array.from(source.matchAll(/case "(\$\w+)":/g), ([, name]) => name ?? "");
}

/** Query operators that a file's switch knows and that are not refused as not implemented. */
function filterNames(file: string, place: (operator: string) => Map<string, Map<string, null> | null>): string[] {
  return caseNames(`match/${file}`).filter((name) => {
    try {
      compileFilter(place(name));
      return true;
    } catch (error) {
      return !(error instanceof ServerError) || error.codeName !== "NotImplemented";
    }
  });
}

function topLevel(operator: string): Map<string, null> {
  return new Map([[operator, null]]);
}

function onField(operator: string): Map<string, Map<string, null>> {
  return new Map([["field", new Map([[operator, null]])]]);
}

if (require.main === module) writeTables();
