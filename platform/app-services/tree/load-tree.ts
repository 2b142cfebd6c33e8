import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { AppTree } from "./app-tree";
import { loadAuthProviders, loadCustomUserData } from "./load-auth";
import { loadDataSources } from "./load-data-sources";
import { loadEndpoints } from "./load-endpoints";
import { loadFunctions } from "./load-functions";
import { loadTriggers } from "./load-triggers";
import { loadEnvironment, loadValues } from "./load-values";
import { TreeFiles } from "./tree-files";
import {
  describe,
  stringField,
  stringsField,
  TreeError,
  TreeReport,
  type FieldRules,
  type JsonObject,
} from "./tree-report";

const ROOT_FILES = ["realm_config.json", "root_config.json"] as const;
const CONFIG_VERSION = 20210101;
const NAME = /^[A-Za-z0-9_-]{1,32}$/;
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+$/i;
const TOP_FOLDERS = new Set([
  "auth",
  "data_sources",
  "environments",
  "functions",
  "graphql",
  "hosting",
  "http_endpoints",
  "https_endpoints",
  "log_forwarders",
  "node_modules",
  "services",
  "sync",
  "triggers",
  "values",
]);

const ROOT_RULES: FieldRules = {
  config_version: { type: "number" },
  app_id: { type: "string" },
  name: { type: "string", required: true },
  location: { type: "string" },
  provider_region: { type: "string" },
  deployment_model: { type: "string", oneOf: ["GLOBAL", "LOCAL"] },
  environment: { type: "string", oneOf: ["", "development", "testing", "qa", "production"] },
  allowed_request_origins: { type: "strings" },
};

/**
 * Reads and checks a whole App Services tree of either dialect.
 *
 * Throws: one `TreeError` that lists every problem with file, value and what was expected.
 */
export function loadTree(input: {
  readonly dir: string;
  readonly appId?: string;
  readonly secrets: Readonly<Record<string, string>>;
}): AppTree {
  const dir = resolve(input.dir);
  const report = new TreeReport();
  if (!existsSync(dir) || !statSync(dir).isDirectory()) {
    throw new TreeError(dir, [{ file: ".", message: "is no folder, expected an App Services app tree" }]);
  }
  const files = new TreeFiles(dir, report);
  const root = readRoot(files, report);
  for (const folder of files.folders(".")) {
    if (!TOP_FOLDERS.has(folder))
      report.add(folder, `is not a folder of an app tree, expected one of ${[...TOP_FOLDERS].join(", ")}`);
  }
  const environment = loadEnvironment(files, report, stringField(root, "environment"));
  files.useEnvironment(environment.values);
  const functions = loadFunctions(files, report);
  const dataSources = loadDataSources(files, report);
  const customUserData = loadCustomUserData(files, report);
  if (customUserData !== null && !dataSources.some((source) => source.name === customUserData.dataSource)) {
    report.add(
      "auth/custom_user_data.json",
      `mongo_service_name is ${describe(customUserData.dataSource)}, expected the name of a data source of this tree`,
    );
  }
  const tree: AppTree = {
    dir,
    name: stringField(root, "name"),
    appId: input.appId ?? appIdOf(root),
    location: stringField(root, "location", "US-VA"),
    deploymentModel: stringField(root, "deployment_model", "LOCAL"),
    environment,
    allowedOrigins: stringsField(root, "allowed_request_origins"),
    authProviders: loadAuthProviders(files, report),
    customUserData,
    values: loadValues(files, report, input.secrets),
    dataSources,
    functions,
    endpoints: loadEndpoints({ files, report, functions, secrets: input.secrets }),
    triggers: loadTriggers({ files, report, functions, dataSources }),
    hostingDir: files.has("hosting/files") ? join(dir, "hosting/files") : null,
  };
  if (report.problems.length > 0) throw new TreeError(dir, report.problems);
  return tree;
}

/** Reads the id under which the app of a tree is served when no other is given. Throws: `TreeError` when the root file is bad. */
export function readAppId(dir: string): string {
  const report = new TreeReport();
  const root = readRoot(new TreeFiles(resolve(dir), report), report);
  if (report.problems.length > 0) throw new TreeError(resolve(dir), report.problems);
  return appIdOf(root);
}

function appIdOf(root: JsonObject): string {
  return stringField(root, "app_id") || stringField(root, "name");
}

function readRoot(files: TreeFiles, report: TreeReport): JsonObject {
  const file = ROOT_FILES.find((name) => files.has(name));
  if (file === undefined) {
    report.add(".", `has no root file, expected ${ROOT_FILES.join(" or ")}`);
    return {};
  }
  const content = files.readJson(file);
  if (content === undefined || !report.checkObject(file, "", content, ROOT_RULES)) return {};
  const version = content["config_version"];
  const isVersionFine = version === CONFIG_VERSION || (version === undefined && file === "root_config.json");
  if (!isVersionFine) report.add(file, `config_version is ${describe(version)}, expected ${CONFIG_VERSION}`);
  const name = stringField(content, "name");
  if (name !== "" && !NAME.test(name))
    report.add(file, `name is ${describe(name)}, expected 1 to 32 letters, digits, _ or -`);
  for (const origin of stringsField(content, "allowed_request_origins")) {
    if (!ORIGIN.test(origin))
      report.add(file, `allowed_request_origins has ${describe(origin)}, expected scheme://host[:port]`);
  }
  return content;
}
