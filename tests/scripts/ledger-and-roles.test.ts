import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import canonicalize from "canonicalize";
import type { Entry } from "../../functions-src/lib/domain/entry";
import { leastPrivilegeRoles } from "../../scripts/db/roles";
import { exportHeader, exportLine } from "../../scripts/ledger/export-line";
import { depsOver } from "../support/deps";
import { T0, grantOf, spendOf } from "../support/builders";
import { startTestDatabase, type TestDatabase } from "../support/embedded";

const ROOT = join(__dirname, "..", "..");
let test: TestDatabase;
beforeAll(async () => {
  test = await startTestDatabase();
});
afterAll(() => test.close());

describe("the export of a ledger", () => {
  it("lets anyone prove the chain from the lines alone", async () => {
    const deps = depsOver(test.database);
    const ref = { accountId: "exported", unit: "tokens" };
    for (let turn = 0; turn < 5; turn += 1) await deps.post(ref, turn === 0 ? grantOf(10) : spendOf(1), T0 + turn);
    const entries = await deps.wallets.listOldest({
      wallet: { id: "exported:tokens", accountId: "exported" },
      afterSeq: 0,
      limit: 10,
    });
    let previous = "0".repeat(64);
    for (const line of entries.map((entry) => exportLine(entry, "jsonl"))) {
      const { hash, ...content } = JSON.parse(line) as Record<string, unknown>;
      expect(content["prevHash"]).toBe(previous);
      expect(
        createHash("sha256")
          .update(canonicalize(content) ?? "")
          .digest("hex"),
      ).toBe(hash);
      previous = String(hash);
    }
    expect(previous).toBe((await deps.wallets.loadWallet(ref))?.head);
  });

  it("is a spreadsheet with a running balance, and runs no formula", async () => {
    const deps = depsOver(test.database);
    const ref = { accountId: "sheet", unit: "tokens" };
    await deps.post(ref, grantOf(10), T0);
    await deps.post(ref, spendOf(3, { key: '=HYPERLINK("http://evil")' }), T0 + 1000);
    const entries = await deps.wallets.listOldest({
      wallet: { id: "sheet:tokens", accountId: "sheet" },
      afterSeq: 0,
      limit: 10,
    });
    expect(exportHeader("csv").split(",").slice(0, 6)).toEqual([
      "seq",
      "at",
      "recordedAt",
      "kind",
      "amount",
      "available",
    ]);
    const lines = entries.map((entry: Entry) => exportLine(entry, "csv"));
    expect(lines[1]).toContain("2,2026-03-01T00:00:01.000Z,2026-03-01T00:00:01.000Z,spend,-3,7,0,0,");
    expect(lines[1]).toContain(`"'=HYPERLINK(""http://evil"")"`);
  });

  it("comes from the command line, oldest first", async () => {
    const run = async (format: string): Promise<string[]> => {
      const args = ["--require", "tsx/cjs", "scripts/ledger-export.ts", "--account", "sheet", "--format", format];
      // Not the synchronous form: the database answers from this very process.
      const { stdout } = await promisify(execFile)(process.execPath, args, {
        cwd: ROOT,
        env: { ...process.env, MONGODB_URI: test.uri },
      });
      return stdout.trim().split("\n");
    };
    expect((await run("csv")).map((line) => line.split(",")[0])).toEqual(["seq", "1", "2"]);
    expect((await run("jsonl")).map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2]);
  }, 30_000);
});

describe("the roles of an installation", () => {
  const roles = new Map(leastPrivilegeRoles().map((role) => [role.role, role]));
  const actionsOn = (role: string, collection: string): readonly string[] =>
    roles
      .get(role)!
      .privileges.filter(({ resource }) => resource.collection === collection)
      .flatMap(({ actions }) => actions);

  it("let the app insert and find in ledger and lots, nothing more, and remove nothing anywhere", () => {
    expect(actionsOn("tollkeeperApp", "ledger")).toEqual(["find", "insert"]);
    expect(actionsOn("tollkeeperApp", "lots")).toEqual(["find", "insert"]);
    const all = [...roles.values()].flatMap(({ privileges }) => privileges.flatMap(({ actions }) => actions));
    expect(all).not.toContain("remove");
    expect(all).not.toContain("bypassDocumentValidation");
  });

  it("let the schema tool read no data and reports write none", () => {
    expect(roles.get("tollkeeperSchema")!.privileges.flatMap(({ actions }) => actions)).not.toContain("find");
    expect(new Set(roles.get("tollkeeperReports")!.privileges.flatMap(({ actions }) => actions))).toEqual(
      new Set(["find"]),
    );
  });
});

describe("the package export", () => {
  it("is built where package.json says, and offers consume", () => {
    const fromOutside = createRequire(join(ROOT, "package.json"));
    const wallet = fromOutside("./dist/wallet.js") as { consume: unknown };
    expect(typeof wallet.consume).toBe("function");
    const manifest = fromOutside("./package.json") as { exports: Record<string, { default: string }> };
    expect(manifest.exports["./wallet"]?.default).toBe("./dist/wallet.js");
  });
});
