import { BSON } from "mongodb";
import type { AuthOperation, DataSource, FunctionDefinition, TriggerDefinition } from "./app-tree";
import { parseCronSchedule } from "./cron-schedule";
import type { TreeFiles } from "./tree-files";
import {
  describe,
  flagField,
  objectField,
  stringField,
  stringsField,
  type FieldRules,
  type JsonObject,
  type TreeReport,
} from "./tree-report";

const TRIGGER_RULES: FieldRules = {
  id: { type: "string" },
  _id: { type: "string" },
  name: { type: "string", required: true },
  type: { type: "string", required: true, oneOf: ["DATABASE", "SCHEDULED", "AUTHENTICATION"] },
  disabled: { type: "boolean" },
  config: { type: "object", required: true },
  event_processors: { type: "object" },
  function_name: { type: "string" },
  function_id: { type: "string" },
  error_handler: { type: "object" },
};
const DATABASE_RULES: FieldRules = {
  service_name: { type: "string" },
  service_id: { type: "string" },
  database: { type: "string", required: true },
  collection: { type: "string", required: true },
  operation_types: { type: "strings", required: true, oneOf: ["INSERT", "UPDATE", "REPLACE", "DELETE"] },
  match: { type: "object" },
  project: { type: "object" },
  full_document: { type: "boolean" },
  full_document_before_change: { type: "boolean" },
  unordered: { type: "boolean" },
  skip_catchup_events: { type: "boolean" },
  tolerate_resume_errors: { type: "boolean" },
  maximum_throughput: { type: "boolean" },
  clusterName: { type: "string" },
  providers: { type: "array" },
};
const SCHEDULED_RULES: FieldRules = {
  schedule: { type: "string", required: true },
  schedule_type: { type: "string" },
  skip_catchup_events: { type: "boolean" },
};
const AUTHENTICATION_RULES: FieldRules = {
  operation_type: { type: "any", required: true },
  operation_types: { type: "array" },
  providers: { type: "strings", required: true },
};

export interface LoadTriggersInput {
  readonly files: TreeFiles;
  readonly report: TreeReport;
  readonly functions: ReadonlyMap<string, FunctionDefinition>;
  readonly dataSources: readonly DataSource[];
}

/** Reads `triggers/*.json` in both forms of naming the function. */
export function loadTriggers(input: LoadTriggersInput): readonly TriggerDefinition[] {
  const { files, report } = input;
  const triggers: TriggerDefinition[] = [];
  for (const file of files.jsonFiles("triggers")) {
    const content = files.readJson(file);
    if (content === undefined || !report.checkObject(file, "", content, TRIGGER_RULES)) continue;
    const trigger = readTrigger(file, content, input);
    if (trigger === null) continue;
    if (triggers.some((other) => other.name === trigger.name)) {
      report.add(file, `name is ${describe(trigger.name)}, which another trigger has already`);
    }
    triggers.push(trigger);
  }
  return triggers;
}

function readTrigger(file: string, content: JsonObject, input: LoadTriggersInput): TriggerDefinition | null {
  const base = {
    name: stringField(content, "name"),
    disabled: flagField(content, "disabled"),
    functionName: readFunctionName(file, content, input),
  };
  const config = objectField(content, "config");
  switch (content["type"]) {
    case "DATABASE":
      return readDatabaseTrigger(file, config, base, input);
    case "SCHEDULED":
      input.report.checkObject(file, "config", config, SCHEDULED_RULES);
      checkSchedule(file, config["schedule"], input.report);
      return {
        ...base,
        kind: "scheduled",
        schedule: stringField(config, "schedule"),
        skipCatchupEvents: flagField(config, "skip_catchup_events"),
      };
    case "AUTHENTICATION":
      input.report.checkObject(file, "config", config, AUTHENTICATION_RULES);
      return {
        ...base,
        kind: "authentication",
        operation: readOperation(file, config["operation_type"], input.report),
        providers: stringsField(config, "providers"),
      };
    default:
      return null;
  }
}

function readFunctionName(file: string, content: JsonObject, { functions, report }: LoadTriggersInput): string {
  const processors = objectField(content, "event_processors");
  if (Object.keys(processors).some((key) => key !== "FUNCTION")) {
    report.add(
      file,
      `event_processors has ${Object.keys(processors).join(", ")}, expected FUNCTION: this runtime sends to no other processor`,
    );
  }
  const nested = stringField(objectField(objectField(processors, "FUNCTION"), "config"), "function_name");
  const name = nested || stringField(content, "function_name");
  if (!functions.has(name)) {
    report.add(
      file,
      `event_processors.FUNCTION.config.function_name (or function_name) is ${describe(name)}, expected the name of a function of this tree`,
    );
  }
  return name;
}

function readDatabaseTrigger(
  file: string,
  config: JsonObject,
  base: { readonly name: string; readonly disabled: boolean; readonly functionName: string },
  { report, dataSources }: LoadTriggersInput,
): TriggerDefinition {
  report.checkObject(file, "config", config, DATABASE_RULES);
  const dataSource = stringField(config, "service_name") || stringField(config, "service_id");
  if (!dataSources.some((source) => source.name === dataSource)) {
    report.add(file, `config.service_name is ${describe(dataSource)}, expected the name of a data source of this tree`);
  }
  return {
    ...base,
    kind: "database",
    dataSource,
    database: stringField(config, "database"),
    collection: stringField(config, "collection"),
    operationTypes: stringsField(config, "operation_types").map((type) => type.toLowerCase()),
    match: BSON.EJSON.deserialize(objectField(config, "match")),
    project: BSON.EJSON.deserialize(objectField(config, "project")),
    fullDocument: flagField(config, "full_document"),
    fullDocumentBeforeChange: flagField(config, "full_document_before_change"),
    unordered: flagField(config, "unordered"),
    skipCatchupEvents: flagField(config, "skip_catchup_events"),
  };
}

function checkSchedule(file: string, schedule: unknown, report: TreeReport): void {
  if (typeof schedule !== "string") return;
  try {
    parseCronSchedule(schedule);
  } catch (error) {
    report.add(file, `config.schedule ${describe(schedule)} ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readOperation(file: string, given: unknown, report: TreeReport): AuthOperation {
  // The documents show an array, exported trees a string; both name one operation.
  const value: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given;
  const operation = (["CREATE", "LOGIN", "DELETE"] as const).find((known) => known === value);
  if (operation === undefined) {
    report.add(file, `config.operation_type is ${describe(given)}, expected one of "CREATE", "LOGIN", "DELETE"`);
  }
  return operation ?? "CREATE";
}
