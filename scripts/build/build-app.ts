import { build, transformSync } from "esbuild";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { COLLECTIONS, DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { ROOT, type Entry, loadEntries, sourceFiles } from "./definitions";
import { dataSourceFiles, endpointsConfig, functionsConfig, triggerFile } from "./tree-files";

const LIB = join(ROOT, "functions-src", "lib");
/** The syntax that the functions of Atlas still take; the SDKs beside it need more and run in our runtime only. */
const TARGET = "es2018";
/** What the deployed code needs from npm. */
const DEPENDENCIES = ["canonicalize", "stripe", "zod"];

/** What a build made. */
export interface BuildReport {
  readonly functions: number;
  readonly triggers: number;
  readonly endpoints: number;
  readonly collections: number;
  readonly elapsedMs: number;
}

/**
 * Writes the generated part of the App Services tree: functions with their library, triggers, endpoints, and schema and
 * rules of every collection. The hand-written part stays as it is.
 */
export async function buildApp(appFolder = join(ROOT, "app")): Promise<BuildReport> {
  const startedAt = Date.now();
  const entries = loadEntries();
  for (const folder of ["functions", "triggers", "http_endpoints"]) {
    rmSync(join(appFolder, folder), { recursive: true, force: true });
  }
  await buildLibrary(join(appFolder, "functions", "node_modules", "tollkeeper"));
  await Promise.all(entries.map((entry) => buildEntry(entry, join(appFolder, "functions"))));

  writeJson(join(appFolder, "functions", "config.json"), functionsConfig(entries));
  writeJson(join(appFolder, "functions", "package.json"), { name: "functions", dependencies: pinnedVersions() });
  writeJson(join(appFolder, "http_endpoints", "config.json"), endpointsConfig(entries));
  for (const entry of entries) {
    const file = triggerFile(entry);
    if (file !== null) writeJson(join(appFolder, "triggers", `${entry.definition.name}.json`), file);
  }
  const databaseFolder = join(appFolder, "data_sources", "mongodb-atlas", DATABASE_NAME);
  rmSync(databaseFolder, { recursive: true, force: true });
  for (const definition of COLLECTIONS) {
    for (const [name, content] of Object.entries(dataSourceFiles(definition, DATABASE_NAME))) {
      writeJson(join(databaseFolder, definition.name, name), content);
    }
  }
  await buildPackage();
  const count = (kind: string): number => entries.filter(({ definition }) => definition.kind === kind).length;
  return {
    functions: count("function"),
    triggers: count("trigger"),
    endpoints: count("endpoint"),
    collections: COLLECTIONS.length,
    elapsedMs: Date.now() - startedAt,
  };
}

/** Translates `functions-src/lib` file by file, so that every deployed function shares one loaded copy. */
async function buildLibrary(folder: string): Promise<void> {
  await build({
    entryPoints: [...sourceFiles(LIB)],
    outdir: folder,
    outbase: LIB,
    format: "cjs",
    platform: "node",
    target: TARGET,
    bundle: false,
    logLevel: "error",
  });
  writeJson(join(folder, "package.json"), { name: "tollkeeper", version: "0.1.0", private: true });
}

/** Bundles the package export `tollkeeper/wallet` for Node services; what comes from npm stays outside. */
async function buildPackage(): Promise<void> {
  await build({
    entryPoints: [join(LIB, "wallet.ts")],
    outfile: join(ROOT, "dist", "wallet.js"),
    bundle: true,
    packages: "external",
    format: "cjs",
    platform: "node",
    target: "node20",
    logLevel: "error",
  });
}

/** Turns an entry into the form of App Services: a file that assigns one function, with `require` inside its body. */
async function buildEntry(entry: Entry, functionsFolder: string): Promise<void> {
  const bundled = await build({
    entryPoints: [entry.file],
    bundle: true,
    write: false,
    format: "cjs",
    platform: "node",
    target: TARGET,
    logLevel: "error",
    plugins: [
      {
        name: "library-is-a-package",
        setup: (plugin) => {
          plugin.onResolve({ filter: /\/lib\// }, ({ path }) => ({
            path: `tollkeeper/${path.slice(path.indexOf("/lib/") + "/lib/".length)}`,
            external: true,
          }));
        },
      },
    ],
  });
  const code = bundled.outputFiles[0]?.text ?? "";
  const source = [
    `// Built from ${relative(ROOT, entry.file)} by \`npm run build\`. Change that file, not this one.`,
    "exports = async function (...args) {",
    "const module = { exports: {} };",
    `(function (module, exports) {\n${code}})(module, module.exports);`,
    "return module.exports.default.invoke({ context, bson: BSON, now: Date.now() }, args);",
    "};",
    "",
  ].join("\n");
  // Fails here, with the file's name, when the result is not a script.
  transformSync(source, { loader: "js", sourcefile: entry.functionName });
  write(join(functionsFolder, `${entry.functionName}.js`), source);
}

function pinnedVersions(): Record<string, string> {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly dependencies: Record<string, string>;
  };
  return Object.fromEntries(DEPENDENCIES.map((name) => [name, manifest.dependencies[name] ?? ""]));
}

function writeJson(file: string, content: unknown): void {
  write(file, `${JSON.stringify(content, null, 4)}\n`);
}

function write(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
