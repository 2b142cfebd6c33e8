import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startAppServices } from "./index";

const USAGE = "Usage: main.ts --tree DIR [--port N], next to MONGODB_URI and SECRETS_FILE or SECRET_<NAME>";

interface Settings {
  readonly tree: string;
  readonly port: number;
  readonly mongodbUri: string;
  readonly secrets: Readonly<Record<string, string>>;
}

async function main(): Promise<void> {
  const { mongodbUri, ...settings } = parseSettings(process.argv.slice(2), process.env);
  const runtime = await startAppServices({ ...settings, mongodbUri, log: (line) => process.stderr.write(`${line}\n`) });
  const stop = (): void => {
    void runtime.close().then(() => process.exit(0));
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  const { baseUrl, appId } = runtime;
  process.stdout.write(`${JSON.stringify({ event: "ready", baseUrl, appId, mongodbUri })}\n`);
}

function parseSettings(args: string[], env: NodeJS.ProcessEnv): Settings {
  const { values } = parseArgs({ args, options: { tree: { type: "string" }, port: { type: "string", default: "0" } } });
  const { tree, port: portText } = values;
  const port = Number(portText);
  const mongodbUri = env["MONGODB_URI"];
  if (tree === undefined) throw new Error(`--tree is missing, expected a folder. ${USAGE}`);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port is ${portText}, expected 0 to 65535. ${USAGE}`);
  if (mongodbUri === undefined || mongodbUri === "")
    throw new Error(`MONGODB_URI is missing, expected a MongoDB address. ${USAGE}`);
  return { tree, port, mongodbUri, secrets: { ...secretsFromFile(env["SECRETS_FILE"]), ...secretsFromVariables(env) } };
}

function secretsFromVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith("SECRET_") && value !== undefined) secrets[name.slice("SECRET_".length)] = value;
  }
  return secrets;
}

function secretsFromFile(file: string | undefined): Record<string, string> {
  if (file === undefined || file === "") return {};
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  const secrets: Record<string, string> = {};
  for (const [name, value] of Object.entries(Object(parsed))) {
    if (typeof value !== "string")
      throw new Error(`SECRETS_FILE ${file}: ${name} is no string, expected an object of strings`);
    secrets[name] = value;
  }
  return secrets;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
