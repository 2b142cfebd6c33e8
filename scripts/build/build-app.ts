import { build, transformSync } from "esbuild";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { COLLECTIONS, DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { ROOT, type Entry, loadEntries, sourceFiles } from "./definitions";
import { dataSourceFiles, endpointsConfig, functionsConfig, triggerFile } from "./tree-files";
import { writeTree } from "./write-tree";

const LIB = join(ROOT, "functions-src", "lib");
/** The syntax that the functions of Atlas still take; the SDKs beside it need more and run in our runtime only. */
const TARGET = "es2018";
const DATABASE_FOLDER = join("data_sources", "mongodb-atlas", DATABASE_NAME);
/** The folders of the tree that the build owns. */
const GENERATED = ["functions", "triggers", "http_endpoints", DATABASE_FOLDER];
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
 * rules of every collection. The hand-written part stays as it is. What is as it should be already is not touched, so that
 * products that run from the tree, or are started at the same time, are not disturbed.
 */
export async function buildApp(appFolder = join(ROOT, "app")): Promise<BuildReport> {
  const startedAt = Date.now();
  const entries = loadEntries();
  const files = new Map<string, string>([
    ...(await libraryFiles()),
    ...(await entryFiles(entries)),
    ...configFiles(entries),
  ]);
  writeTree(appFolder, { files, folders: GENERATED });
  writeTree(ROOT, { files: await packageFiles(), folders: ["dist"] });
  const count = (kind: string): number => entries.filter(({ definition }) => definition.kind === kind).length;
  return {
    functions: count("function"),
    triggers: count("trigger"),
    endpoints: count("endpoint"),
    collections: COLLECTIONS.length,
    elapsedMs: Date.now() - startedAt,
  };
}

type Files = readonly (readonly [path: string, content: string])[];

function configFiles(entries: readonly Entry[]): Files {
  const triggers = entries.flatMap((entry) => {
    const file = triggerFile(entry);
    return file === null ? [] : [[`triggers/${entry.definition.name}.json`, toJson(file)] as const];
  });
  const schemas = COLLECTIONS.flatMap((definition) =>
    Object.entries(dataSourceFiles(definition, DATABASE_NAME)).map(
      ([name, content]) => [join(DATABASE_FOLDER, definition.name, name), toJson(content)] as const,
    ),
  );
  return [
    ["functions/config.json", toJson(functionsConfig(entries))],
    ["functions/package.json", toJson({ name: "functions", dependencies: pinnedVersions() })],
    ["http_endpoints/config.json", toJson(endpointsConfig(entries))],
    ...triggers,
    ...schemas,
  ];
}

/** Translates `functions-src/lib` file by file, so that every deployed function shares one loaded copy. */
async function libraryFiles(): Promise<Files> {
  const folder = "functions/node_modules/tollkeeper";
  const built = await build({
    entryPoints: [...sourceFiles(LIB)],
    outdir: LIB,
    outbase: LIB,
    write: false,
    format: "cjs",
    platform: "node",
    target: TARGET,
    bundle: false,
    logLevel: "error",
  });
  return [
    ...built.outputFiles.map(({ path, text }) => [join(folder, relative(LIB, path)), text] as const),
    [`${folder}/package.json`, toJson({ name: "tollkeeper", version: "0.1.0", private: true })],
  ];
}

/** Bundles the package export `tollkeeper/wallet` for Node services; what comes from npm stays outside. */
async function packageFiles(): Promise<ReadonlyMap<string, string>> {
  const built = await build({
    entryPoints: [join(LIB, "wallet.ts")],
    outfile: join(ROOT, "dist", "wallet.js"),
    write: false,
    bundle: true,
    packages: "external",
    format: "cjs",
    platform: "node",
    target: "node20",
    logLevel: "error",
  });
  return new Map(built.outputFiles.map(({ path, text }) => [relative(ROOT, path), text]));
}

function entryFiles(entries: readonly Entry[]): Promise<Files> {
  return Promise.all(
    entries.map(async (entry) => [`functions/${entry.functionName}.js`, await buildEntry(entry)] as const),
  );
}

/** Turns an entry into the form of App Services: a file that assigns one function, with `require` inside its body. */
async function buildEntry(entry: Entry): Promise<string> {
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
  return source;
}

function pinnedVersions(): Record<string, string> {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
    readonly dependencies: Record<string, string>;
  };
  return Object.fromEntries(DEPENDENCIES.map((name) => [name, manifest.dependencies[name] ?? ""]));
}

function toJson(content: unknown): string {
  return `${JSON.stringify(content, null, 4)}\n`;
}
