import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

const ROOT = join(__dirname, "..");
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(ROOT, file)));
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const sources = tracked.filter((file) => /^(functions-src|triggers-src|platform|scripts|web)\/.*\.ts$/.test(file));
const tests = tracked.filter((file) => /^tests\/.*\.ts$/.test(file));

describe("the style of the project", () => {
  it("has no source file above 300 lines", () => {
    const long = sources.filter((file) => read(file).split("\n").length > 301);
    expect(long).toEqual([]);
  });

  it("names files in kebab-case and after what they hold", () => {
    const entries = /^(functions-src\/(?!lib\/)|triggers-src\/)/;
    const bad = sources.filter((file) => {
      const name = basename(file);
      if (/^(utils|helpers|misc|common|manager)\.ts$/.test(name)) return true;
      return !entries.test(file) && !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name);
    });
    expect(bad).toEqual([]);
  });

  it("keeps deployed entries at 15 lines", () => {
    const entries = sources.filter((file) => /^(functions-src\/(?!lib\/)|triggers-src\/)/.test(file));
    expect(entries.length).toBeGreaterThan(10);
    const long = entries.filter(
      (file) =>
        read(file)
          .trimEnd()
          .split("\n")
          .filter((line) => !line.startsWith("import ")).length > 15,
    );
    expect(long).toEqual([]);
  });

  it("uses no any and no non-null assertion in sources, and leaves nothing undone", () => {
    const bad = sources.flatMap((file) =>
      read(file)
        .split("\n")
        .flatMap((line, index) =>
          /:\s*any\b|\bas any\b|<any>|@ts-ignore|@ts-nocheck|\b(TODO|FIXME|XXX|HACK)\b/.test(line)
            ? [`${file}:${index + 1}`]
            : [],
        ),
    );
    expect(bad).toEqual([]);
  });

  it("runs every test it has", () => {
    const skipping = new RegExp(
      String.raw`\b(it|test|describe)\.(only|skip|todo)\b|\bx(it|describe)\(|toMatch(Inline)?Snapshot`,
    );
    expect(tests.filter((file) => file !== "tests/tidy.test.ts" && skipping.test(read(file)))).toEqual([]);
  });

  it("names no machine path and no package registry", () => {
    const texts = tracked.filter((file) => !/\.(png|ico|woff2?)$/.test(file) && file !== "tests/tidy.test.ts");
    const pattern = /(^|[\s"'`(=])\/(work|root|home|farm)\/[a-z]|registry\.npmjs|deb\.debian/;
    expect(texts.filter((file) => pattern.test(read(file)))).toEqual([]);
  });

  it("documents every export of domain, ports and use cases", () => {
    const layered = sources.filter((file) => /^functions-src\/lib\/(domain|ports|usecases)\//.test(file));
    const bare = layered.flatMap((file) => {
      const lines = read(file).split("\n");
      return lines.flatMap((line, index) => {
        if (!/^export (async )?(function|class|interface)\b/.test(line)) return [];
        return (lines[index - 1] ?? "").trim().endsWith("*/") ? [] : [`${file}:${index + 1}`];
      });
    });
    expect(bare).toEqual([]);
  });

  it("pins every package exactly", () => {
    const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
    const versions = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((group) =>
      Object.entries(manifest[group] ?? {}),
    );
    expect(versions.length).toBeGreaterThan(10);
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });
});
