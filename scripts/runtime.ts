import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startLocal } from "../platform/local/start-local";
import { createConsoleLog } from "./start/console-log";
import { localSecrets } from "./start/local-secrets";
import { readSettings } from "./start/settings";
import { closeWhenStopped } from "./start/until-stopped";

/** Runs the App Services runtime alone on any tree, next to MONGODB_URI or the embedded server. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { tree: { type: "string" }, port: { type: "string" } } });
  if (values.tree === undefined) throw new Error("--tree: expected the folder of an App Services tree, got nothing");
  if (!statSync(values.tree, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`--tree: expected a folder, got "${values.tree}"`);
  }
  const port = values.port ?? process.env["PORT"];
  const settings = readSettings({
    ...(port === undefined ? {} : { PORT: port }),
    MONGODB_URI: process.env["MONGODB_URI"],
    DATA_DIR: process.env["DATA_DIR"] ?? join(values.tree, ".data"),
    TOLLKEEPER_ADMIN_KEY: process.env["TOLLKEEPER_ADMIN_KEY"],
  });
  const adminKey = settings.adminKey ?? localSecrets(settings.dataDir).adminKey;
  const local = await startLocal({
    tree: values.tree,
    port: settings.port,
    dataDir: settings.dataDir,
    mongodbUri: settings.mongodbUri,
    stripe: null,
    adminKey,
    secrets: readSecrets(process.env),
    prepareDatabase: () => Promise.resolve(),
    log: createConsoleLog(process.env["LOG_LEVEL"]),
  });
  closeWhenStopped(() => local.close());
  const { baseUrl, appId, mongodbUri } = local;
  const generated = settings.mongodbUri === null ? { adminKey } : {};
  console.log(JSON.stringify({ event: "ready", baseUrl, appId, mongodbUri, ...generated }));
}

/** Reads the secrets of the tree from SECRETS_FILE (JSON) and the variables SECRET_<NAME>; variables win. */
function readSecrets(variables: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  const secrets: Record<string, string> = {};
  const file = variables["SECRETS_FILE"];
  if (file !== undefined) {
    const content: unknown = JSON.parse(readFileSync(file, "utf8"));
    for (const [name, value] of Object.entries(content ?? {})) {
      if (typeof value !== "string") throw new Error(`SECRETS_FILE: expected "${name}" as a text, got ${typeof value}`);
      secrets[name] = value;
    }
  }
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith("SECRET_") && value !== undefined) secrets[name.slice("SECRET_".length)] = value;
  }
  return secrets;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
