import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../../scripts/build/definitions";
import { writeTree } from "../../scripts/build/write-tree";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tollkeeper-tree-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const files = new Map([
  ["functions/a.js", "a"],
  ["functions/deep/b.js", "b"],
]);
const write = (): void => writeTree(root, { files, folders: ["functions"] });

describe("a tree of files", () => {
  it("is written whole, and what is right already is not touched again", () => {
    write();
    expect(readFileSync(join(root, "functions/deep/b.js"), "utf8")).toBe("b");
    const long = new Date(0);
    utimesSync(join(root, "functions/a.js"), long, long);
    writeFileSync(join(root, "functions/deep/b.js"), "changed");
    write();
    expect(statSync(join(root, "functions/a.js")).mtime).toEqual(long);
    expect(readFileSync(join(root, "functions/deep/b.js"), "utf8")).toBe("b");
  });

  it("loses files that do not belong to it, with the folders that they leave empty, and nothing elsewhere", () => {
    for (const folder of ["functions/old/deeper", "auth"]) mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, "functions/old/deeper/c.js"), "c");
    writeFileSync(join(root, "auth/providers.json"), "{}");
    write();
    expect(readdirSync(join(root, "functions")).sort()).toEqual(["a.js", "deep"]);
    expect(existsSync(join(root, "auth/providers.json"))).toBe(true);
  });
});

describe("two builds at once", () => {
  it("leave one whole tree", async () => {
    const script = `require("./scripts/build/build-app").buildApp(${JSON.stringify(root)}).then(() => {})`;
    const build = (): Promise<unknown> =>
      promisify(execFile)(process.execPath, ["--require", "tsx/cjs", "--eval", script], { cwd: ROOT });
    await Promise.all([build(), build()]);
    const names = (folder: string): string[] => readdirSync(join(folder, "functions"), { recursive: true }) as string[];
    expect(names(root).sort()).toEqual(names(join(ROOT, "app")).sort());
  }, 60_000);
});
