import type { TreeFiles } from "./tree-files";
import {
  describe,
  flagField,
  isJsonObject,
  objectField,
  stringField,
  type FieldRules,
  type TreeReport,
} from "./tree-report";

const ENVIRONMENTS = ["", "no-environment", "development", "testing", "qa", "production"] as const;
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

const VALUE_RULES: FieldRules = {
  id: { type: "string" },
  name: { type: "string", required: true },
  value: { type: "any", required: true },
  from_secret: { type: "boolean" },
  private: { type: "boolean" },
};

/** Reads the environment that the root file names; a missing file is an empty environment. */
export function loadEnvironment(
  files: TreeFiles,
  report: TreeReport,
  tag: string,
): { readonly tag: string; readonly values: Readonly<Record<string, unknown>> } {
  for (const file of files.jsonFiles("environments")) {
    const name = file.slice("environments/".length, -".json".length);
    if (!ENVIRONMENTS.some((known) => known === name)) {
      report.add(file, `names no environment, expected ${ENVIRONMENTS.slice(1).join(".json, ")}.json`);
    }
    const content = files.readJson(file);
    if (content !== undefined) report.checkObject(file, "", content, { values: { type: "object" } });
  }
  const content = files.readJson(`environments/${tag === "" ? "no-environment" : tag}.json`);
  return { tag, values: isJsonObject(content) ? objectField(content, "values") : {} };
}

/** Reads `values/*.json` and puts the secret in the place of each value that comes from one. */
export function loadValues(
  files: TreeFiles,
  report: TreeReport,
  secrets: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const file of files.jsonFiles("values")) {
    const content = files.readJson(file);
    if (content === undefined || !report.checkObject(file, "", content, VALUE_RULES)) continue;
    const name = stringField(content, "name");
    if (name !== "" && !NAME.test(name)) {
      report.add(file, `name is ${describe(name)}, expected 1 to 64 letters, digits, _ or -`);
    }
    if (Object.hasOwn(values, name)) report.add(file, `name is ${describe(name)}, which another value has already`);
    values[name] = flagField(content, "from_secret")
      ? resolveSecret({ file, field: "value", given: content["value"], secrets, report })
      : content["value"];
  }
  return values;
}

/** Answers the secret that a field names; an unknown one is reported by its name. */
export function resolveSecret(input: {
  readonly file: string;
  readonly field: string;
  readonly given: unknown;
  readonly secrets: Readonly<Record<string, string>>;
  readonly report: TreeReport;
}): string {
  const { file, field, given, secrets, report } = input;
  if (typeof given !== "string" || given === "") {
    report.add(file, `${field} is ${describe(given)}, expected the name of a secret`);
    return "";
  }
  const secret = Object.hasOwn(secrets, given) ? secrets[given] : undefined;
  if (secret === undefined || secret === "") {
    report.add(
      file,
      `${field} names the secret ${JSON.stringify(given)}, which is not given (SECRET_${given} or SECRETS_FILE)`,
    );
    return "";
  }
  return secret;
}
