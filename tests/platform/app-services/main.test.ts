import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startMongodb, type Mongodb } from "../../../platform/mongodb";
import { FIXTURE, SECRETS } from "./runtime-under-test";

const MAIN = join(__dirname, "../../../platform/app-services/main.ts");

function start(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, ["--require", require.resolve("tsx/cjs"), MAIN, ...args], {
    env: { PATH: process.env["PATH"], ...env },
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ readonly code: number | null; readonly stderr: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, stderr }));
  });
  const firstLine = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).once("line", resolve);
  });
  return { child, ended, firstLine };
}

describe("the command line", () => {
  let mongodb: Mongodb;
  beforeAll(async () => {
    mongodb = await startMongodb({ port: 0, dataDir: ":memory:" });
  });
  afterAll(() => mongodb.close());

  test.each<[string, readonly string[], Record<string, string>, RegExp]>([
    ["a missing tree", [], { MONGODB_URI: "mongodb://x" }, /^--tree is missing, expected a folder/],
    [
      "a bad port",
      ["--tree", FIXTURE, "--port", "x"],
      { MONGODB_URI: "mongodb://x" },
      /^--port is x, expected 0 to 65535/,
    ],
    ["a missing database", ["--tree", FIXTURE], {}, /^MONGODB_URI is missing/],
    [
      "a bad tree",
      ["--tree", FIXTURE],
      { MONGODB_URI: "mongodb://x" },
      /^The app tree .* has 3 problems:\n.*"api-secret"/,
    ],
    [
      "a secrets file that is none",
      ["--tree", FIXTURE],
      { MONGODB_URI: "mongodb://x", SECRETS_FILE: "/nowhere.json" },
      /nowhere\.json/,
    ],
  ])("%s ends with code 1 and one message", async (_, args, env, message) => {
    const { code, stderr } = await start(args, env).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at ");
  });

  test("it prints one machine line when it accepts connections, and SIGTERM, even twice, ends it with code 0", async () => {
    const variables = Object.fromEntries(Object.entries(SECRETS).map(([name, value]) => [`SECRET_${name}`, value]));
    const { child, ended, firstLine } = start(["--tree", FIXTURE], { MONGODB_URI: mongodb.uri, ...variables });
    const ready: Record<string, unknown> = JSON.parse(await firstLine);
    expect(ready).toEqual({
      event: "ready",
      baseUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      appId: "fixture-abcde",
      mongodbUri: mongodb.uri,
    });
    expect((await fetch(`${String(ready["baseUrl"])}/metrics`)).status).toBe(200);
    child.kill("SIGTERM");
    child.kill("SIGTERM");
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    for (const line of stderr.trim().split("\n"))
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), event: expect.any(String) });
    for (const secret of Object.values(SECRETS)) expect(stderr).not.toContain(secret);
  });
});
