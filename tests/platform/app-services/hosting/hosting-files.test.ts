import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findHostedFile } from "../../../../platform/app-services/hosting/hosting-files";

const base = mkdtempSync(join(tmpdir(), "hosting-"));
const root = join(base, "files");
beforeAll(() => {
  mkdirSync(join(root, "console"), { recursive: true });
  mkdirSync(join(base, "files-of-others"));
  writeFileSync(join(root, "index.html"), "home");
  writeFileSync(join(root, "about.html"), "about");
  writeFileSync(join(root, "console/index.html"), "console");
  writeFileSync(join(root, "app.js"), "code");
  writeFileSync(join(base, "secret.txt"), "secret");
  writeFileSync(join(base, "files-of-others/secret.txt"), "secret");
  symlinkSync(join(base, "secret.txt"), join(root, "link.txt"));
});
afterAll(() => rmSync(base, { recursive: true }));

describe("hosted files", () => {
  test.each([
    ["/", "text/html; charset=utf-8", 4],
    ["/index.html", "text/html; charset=utf-8", 4],
    ["/console", "text/html; charset=utf-8", 7],
    ["/console/", "text/html; charset=utf-8", 7],
    ["/about", "text/html; charset=utf-8", 5],
    ["/app.js", "text/javascript; charset=utf-8", 4],
  ])("%s is served with its type", async (path, contentType, length) => {
    await expect(findHostedFile(root, path)).resolves.toMatchObject({ contentType, length });
  });

  test.each([
    "/missing",
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/console/../../secret.txt",
    "/../files-of-others/secret.txt",
    "/..%5csecret.txt",
    "/link.txt",
    "/%00",
    "/%zz",
  ])("%s shows nothing", async (path) => {
    await expect(findHostedFile(root, path)).resolves.toBeNull();
  });
});
