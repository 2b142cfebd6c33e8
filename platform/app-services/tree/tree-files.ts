import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { TreeReport } from "./tree-report";

const ENVIRONMENT_TEMPLATE = /%\(%%environment\.values\.([A-Za-z0-9_-]+)\)/g;

/** Reads files of one tree; what cannot be read lands in the report. */
export class TreeFiles {
  private environmentValues: Readonly<Record<string, unknown>> = {};

  constructor(
    readonly dir: string,
    private readonly report: TreeReport,
  ) {}

  /** Lets later reads resolve `%(%%environment.values.<name>)` inside strings. */
  useEnvironment(values: Readonly<Record<string, unknown>>): void {
    this.environmentValues = values;
  }

  has(file: string): boolean {
    return existsSync(join(this.dir, file));
  }

  /** Answers the parsed file, or undefined when it is absent or broken (then reported). */
  readJson(file: string): unknown {
    if (!this.has(file)) return undefined;
    try {
      const parsed: unknown = JSON.parse(readFileSync(join(this.dir, file), "utf8"), (_, value: unknown) =>
        typeof value === "string" ? this.expand(file, value) : value,
      );
      return parsed;
    } catch (error) {
      this.report.add(file, `cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }

  /** Names of the JSON files right inside a folder, sorted. */
  jsonFiles(folder: string): readonly string[] {
    return this.entries(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => `${folder}/${name}`);
  }

  /** Names of the folders right inside a folder, sorted. */
  folders(folder: string): readonly string[] {
    return this.entries(folder).filter((name) => statSync(join(this.dir, folder, name)).isDirectory());
  }

  /** Function sources below a folder, as paths relative to it; `node_modules` is not ours to list. */
  sources(folder: string): readonly string[] {
    const found: string[] = [];
    const walk = (at: string): void => {
      for (const entry of readdirSync(at, { withFileTypes: true })) {
        if (entry.name === "node_modules") continue;
        if (entry.isDirectory()) walk(join(at, entry.name));
        else if (entry.name.endsWith(".js")) {
          found.push(relative(join(this.dir, folder), join(at, entry.name)).split(sep).join("/"));
        }
      }
    };
    if (this.has(folder)) walk(join(this.dir, folder));
    return found.toSorted();
  }

  private entries(folder: string): readonly string[] {
    const path = join(this.dir, folder);
    if (!existsSync(path) || !statSync(path).isDirectory()) return [];
    return readdirSync(path)
      .filter((name) => !name.startsWith("."))
      .toSorted();
  }

  private expand(file: string, text: string): string {
    return text.replaceAll(ENVIRONMENT_TEMPLATE, (template, name: string) => {
      const value = this.environmentValues[name];
      if (typeof value !== "string") {
        this.report.add(
          file,
          `${template} names no text value of the environment, expected one of ${this.knownNames()}`,
        );
        return template;
      }
      return value;
    });
  }

  private knownNames(): string {
    return Object.keys(this.environmentValues).join(", ") || "(none)";
  }
}
