import type { DataSource, ReadPreferenceMode } from "./app-tree";
import type { TreeFiles } from "./tree-files";
import { describe, isJsonObject, objectField, stringField, type FieldRules, type TreeReport } from "./tree-report";

const READ_PREFERENCES = ["primary", "primaryPreferred", "secondary", "secondaryPreferred", "nearest"] as const;

const SOURCE_RULES: FieldRules = {
  id: { type: "string" },
  _id: { type: "string" },
  name: { type: "string", required: true },
  type: { type: "string", required: true, oneOf: ["mongodb-atlas"] },
  config: { type: "object", required: true },
  version: { type: "number" },
  secret_config: { type: "object" },
};
const CONFIG_RULES: FieldRules = {
  clusterName: { type: "string" },
  readPreference: { type: "string", oneOf: READ_PREFERENCES },
  readPreferenceTagSets: { type: "array" },
  wireProtocolEnabled: { type: "boolean" },
  sync: { type: "object" },
};
const ROLE_RULES: FieldRules = {
  name: { type: "string", required: true },
  apply_when: { type: "any", required: true },
  document_filters: { type: "object" },
  read: { type: "any" },
  write: { type: "any" },
  insert: { type: "any" },
  delete: { type: "any" },
  search: { type: "any" },
  fields: { type: "object" },
  additional_fields: { type: "object" },
};
const FILTER_RULES: FieldRules = {
  name: { type: "string", required: true },
  apply_when: { type: "any", required: true },
  query: { type: "object" },
  projection: { type: "object" },
};

/** Reads `data_sources/`: each source, and the shape of its rules, schemas and relationships. */
export function loadDataSources(files: TreeFiles, report: TreeReport): readonly DataSource[] {
  const sources: DataSource[] = [];
  for (const folder of files.folders("data_sources")) {
    const base = `data_sources/${folder}`;
    const file = `${base}/config.json`;
    const content = files.readJson(file);
    if (content === undefined) {
      if (!files.has(file)) report.add(file, "is missing, expected the configuration of the data source");
      continue;
    }
    if (!report.checkObject(file, "", content, SOURCE_RULES)) continue;
    const config = objectField(content, "config");
    report.checkObject(file, "config", config, CONFIG_RULES);
    const name = stringField(content, "name");
    if (sources.some((source) => source.name === name)) {
      report.add(file, `name is ${describe(name)}, which another data source has already`);
    }
    const mode = READ_PREFERENCES.find((known): known is ReadPreferenceMode => known === config["readPreference"]);
    sources.push({ name, readPreference: mode ?? "primary" });
    checkDefaultRule(`${base}/default_rule.json`, files, report);
    for (const database of files.folders(base)) {
      for (const collection of files.folders(`${base}/${database}`)) {
        checkCollection({ base: `${base}/${database}/${collection}`, database, collection }, files, report);
      }
    }
  }
  return sources;
}

function checkDefaultRule(file: string, files: TreeFiles, report: TreeReport): void {
  const content = files.readJson(file);
  if (content === undefined) return;
  const rules = { id: { type: "string" }, roles: { type: "array" }, filters: { type: "array" } } as const;
  if (report.checkObject(file, "", content, rules)) checkRolesAndFilters(file, content, report);
}

function checkCollection(
  place: { readonly base: string; readonly database: string; readonly collection: string },
  files: TreeFiles,
  report: TreeReport,
): void {
  const rulesFile = `${place.base}/rules.json`;
  const rules = files.readJson(rulesFile);
  if (rules !== undefined) checkRules(rulesFile, rules, place, report);
  const schemaFile = `${place.base}/schema.json`;
  const relationshipsFile = `${place.base}/relationships.json`;
  if (files.has(schemaFile) && !files.has(relationshipsFile)) {
    report.add(relationshipsFile, "is missing next to schema.json, expected at least {}");
  }
  for (const file of [schemaFile, relationshipsFile]) {
    const content = files.readJson(file);
    if (content !== undefined && !isJsonObject(content))
      report.add(file, `is ${describe(content)}, expected an object`);
  }
}

function checkRules(
  file: string,
  content: unknown,
  place: { readonly database: string; readonly collection: string },
  report: TreeReport,
): void {
  const shape: FieldRules = {
    id: { type: "string" },
    database: { type: "string", required: true, oneOf: [place.database] },
    collection: { type: "string", required: true, oneOf: [place.collection] },
    roles: { type: "array" },
    filters: { type: "array" },
  };
  if (report.checkObject(file, "", content, shape)) checkRolesAndFilters(file, content, report);
}

function checkRolesAndFilters(file: string, content: Readonly<Record<string, unknown>>, report: TreeReport): void {
  const lists = [
    ["roles", ROLE_RULES],
    ["filters", FILTER_RULES],
  ] as const;
  for (const [key, rules] of lists) {
    const items: unknown = content[key];
    if (!Array.isArray(items)) continue;
    items.forEach((item: unknown, index) => report.checkObject(file, `${key}[${index}]`, item, rules));
  }
}
