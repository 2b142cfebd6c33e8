import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadTree } from "../../platform/app-services/tree/load-tree";
import { COLLECTIONS } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { loadEntries } from "../../scripts/build/definitions";

const ROOT = join(__dirname, "..", "..");
const APP = join(ROOT, "app");
const json = (path: string): unknown => JSON.parse(readFileSync(join(APP, path), "utf8"));
const secrets = Object.fromEntries(
  ["identityKey", "stripeUrl", "stripeSecretKey", "stripeWebhookSecret", "stripeAutomaticTax", "stripeInvoices"].map(
    (name) => [name, "value"],
  ),
);

describe("the built tree", () => {
  it("is accepted by the runtime's own checker", () => {
    const tree = loadTree({ dir: APP, secrets });
    expect(tree.appId).toBe("tollkeeper-local");
  });

  it("lets clients call functions only, and runs everything as system", () => {
    const functions = json("functions/config.json") as { name: string; private: boolean; run_as_system: boolean }[];
    expect(functions.filter((entry) => !entry.private).map(({ name }) => name)).toEqual([
      "account/alerts",
      "account/me",
      "admin/adjust",
      "admin/audit",
      "admin/drifts",
      "admin/freeze",
      "admin/grant",
      "admin/policy",
      "admin/reconcile",
      "admin/refund",
      "admin/replayEvent",
      "admin/report",
      "admin/reverse",
      "admin/trace",
      "admin/unfreeze",
      "admin/verify",
      "admin/void",
      "admin/webhooks",
      "admin/writeOff",
      "billing/catalog",
      "billing/checkout",
      "billing/invoices",
      "billing/purchase",
      "usage/report",
      "usage/summary",
      "wallet/authorize",
      "wallet/autoTopUp",
      "wallet/balance",
      "wallet/batch",
      "wallet/capture",
      "wallet/consume",
      "wallet/explain",
      "wallet/extend",
      "wallet/history",
      "wallet/preview",
      "wallet/release",
      "wallet/transfer",
    ]);
    expect(functions.every((entry) => entry.run_as_system)).toBe(true);
    for (const { name } of functions) expect(existsSync(join(APP, "functions", `${name}.js`))).toBe(true);
  });

  it("lets no client read or write a collection", () => {
    for (const { name } of COLLECTIONS) {
      const rules = json(`data_sources/mongodb-atlas/tollkeeper/${name}/rules.json`) as {
        roles: Record<string, unknown>[];
      };
      expect(rules.roles).toHaveLength(1);
      expect(rules.roles[0]).toMatchObject({ read: false, write: false, insert: false, delete: false, search: false });
    }
  });

  it("holds every entry under the name of its file", () => {
    expect(
      loadEntries()
        .map(({ functionName }) => functionName)
        .sort(),
    ).toEqual((json("functions/config.json") as { name: string }[]).map(({ name }) => name).sort());
  });

  it("is the same when it is built again", () => {
    const folder = mkdtempSync(join(tmpdir(), "tollkeeper-build-"));
    const script = `require("./scripts/build/build-app").buildApp(${JSON.stringify(folder)}).then(() => {})`;
    execFileSync(process.execPath, ["--require", "tsx/cjs", "--eval", script], { cwd: ROOT });
    for (const file of [
      "functions/config.json",
      "http_endpoints/config.json",
      "functions/wallet/consume.js",
      "triggers/inboxSweep.json",
    ]) {
      expect(readFileSync(join(folder, file), "utf8")).toBe(readFileSync(join(APP, file), "utf8"));
    }
    rmSync(folder, { recursive: true });
  });
});
