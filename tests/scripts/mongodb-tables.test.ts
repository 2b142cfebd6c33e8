import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readmeWithTables } from "../../scripts/mongodb-tables";

const readme = readFileSync(join(__dirname, "../../platform/mongodb/README.md"), "utf8");

test("the README of the embedded database lists the commands and operators that the code has", () => {
  expect(readme).toBe(readmeWithTables());
});

test("every known difference is pinned by a test of that name", () => {
  const source = readFileSync(join(__dirname, "../platform/mongodb/differences.test.ts"), "utf8");
  const table = readme.slice(readme.indexOf("## Known differences"), readme.indexOf("## Against the driver's own"));
  const named = Array.from(table.matchAll(/^\| `([^`]+)` \|/gm), ([, name]) => name);
  const written = Array.from(source.matchAll(/^test\("([^"]+)"/gm), ([, name]) => name);
  expect(named.length).toBeGreaterThan(0);
  expect(named).toEqual(written);
});
