import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = join(__dirname, "..");
const SOURCE_FOLDERS = ["functions-src", "triggers-src", "platform", "scripts"];

interface Import {
  readonly from: string;
  /** A path from the project's root, or the name of a package. */
  readonly to: string;
}

/** A rule of README, "How the code is laid out": what the files that match `files` may import. */
interface Rule {
  readonly name: string;
  readonly files: RegExp;
  readonly allows: (to: string, from: string) => boolean;
}

const inFolders =
  (...folders: readonly string[]) =>
  (to: string): boolean =>
    folders.some((folder) => to.startsWith(`${folder}/`));
const isPackage = (to: string): boolean => !/^(functions-src|triggers-src|platform|scripts|tests)\//.test(to);
const LIB = "functions-src/lib";

const RULES: readonly Rule[] = [
  { name: "domain imports only itself", files: /^functions-src\/lib\/domain\//, allows: inFolders(`${LIB}/domain`) },
  {
    name: "ports import domain",
    files: /^functions-src\/lib\/ports\//,
    allows: inFolders(`${LIB}/domain`, `${LIB}/ports`),
  },
  {
    name: "use cases import domain and ports",
    files: /^functions-src\/lib\/usecases\//,
    allows: inFolders(`${LIB}/domain`, `${LIB}/ports`, `${LIB}/usecases`),
  },
  {
    name: "adapters import domain, ports, their own folder and packages",
    files: /^functions-src\/lib\/adapters\//,
    allows: (to, from) =>
      isPackage(to) ||
      inFolders(`${LIB}/domain`, `${LIB}/ports`)(to) ||
      to.startsWith(`${from.split("/").slice(0, 4).join("/")}/`),
  },
  {
    name: "only edge/compose.ts imports adapters",
    files: /^functions-src\/lib\/edge\//,
    allows: (to, from) => !to.startsWith(`${LIB}/adapters/`) || from === `${LIB}/edge/compose.ts`,
  },
  {
    name: "entries import edge and use cases",
    files: /^(functions-src\/(?!lib\/)|triggers-src\/)/,
    allows: inFolders(`${LIB}/edge`, `${LIB}/usecases`),
  },
  {
    name: "nothing under functions-src or triggers-src imports platform or scripts",
    files: /^(functions-src|triggers-src)\//,
    allows: (to) => !/^(platform|scripts)\//.test(to),
  },
  {
    name: "platform never imports the product",
    files: /^platform\//,
    allows: (to) => !/^(functions-src|triggers-src|scripts)\//.test(to),
  },
  {
    name: "a platform part never imports another; only platform/local composes",
    files: /^platform\/(?!local\/)/,
    allows: (to, from) => !to.startsWith("platform/") || to.startsWith(`${from.split("/").slice(0, 2).join("/")}/`),
  },
];

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(file, "utf8");
  const from = relative(ROOT, file);
  const targets = [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|(?:import|require)\("([^"]+)"\)/g),
  ];
  return targets.map((match) => {
    const target = match[1] ?? match[2] ?? "";
    return { from, to: target.startsWith(".") ? relative(ROOT, resolve(dirname(file), target)) : target };
  });
}

const files = SOURCE_FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name)),
);
const imports = files.flatMap(importsOf);

describe("the layers of the project (README, How the code is laid out)", () => {
  it.each(RULES)("$name", ({ files: pattern, allows }) => {
    const ruled = imports.filter(({ from }) => pattern.test(from));
    expect(ruled.length).toBeGreaterThan(0);
    const broken = ruled.filter(({ from, to }) => !allows(to, from));
    expect(broken.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it("keeps the domain pure: no clock, no chance, no input or output", () => {
    const impure = /\b(Date\.now|new Date\(\)|Math\.random|process\.|console\.|setTimeout|await |async )/;
    const broken = files
      .filter((file) => relative(ROOT, file).startsWith(`${LIB}/domain/`))
      .filter((file) => impure.test(readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")));
    expect(broken.map((file) => relative(ROOT, file))).toEqual([]);
  });

  it("reads no clock below the entries", () => {
    const broken = files
      .filter((file) => /^functions-src\/lib\/(domain|ports|usecases|adapters)\//.test(relative(ROOT, file)))
      .filter((file) => /Date\.now\(|new Date\(\)/.test(readFileSync(file, "utf8")));
    expect(broken.map((file) => relative(ROOT, file))).toEqual([]);
  });

  it("opens wallet transactions in one place only", () => {
    const openers = files.filter((file) => /wallets\.transact\(/.test(readFileSync(file, "utf8")));
    expect(openers.map((file) => relative(ROOT, file))).toEqual([`${LIB}/usecases/post-to-wallet.ts`]);
  });

  it("keeps words of the product out of the platform", () => {
    const words = /\b(wallet|tollkeeper|subscription tier|ledger|allocation)\b/i;
    const broken = files
      .filter((file) => /^platform\/(mongodb|app-services|stripe)\//.test(relative(ROOT, file)))
      .filter((file) => words.test(readFileSync(file, "utf8")));
    expect(broken.map((file) => relative(ROOT, file))).toEqual([]);
  });
});
