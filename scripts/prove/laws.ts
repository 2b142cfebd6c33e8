import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../build/definitions";

/** Runs the property tests of the wallet's laws and of the calendar at full size; a failure prints its seed. */
export function lawsProof(runs = 10_000): boolean {
  const jest = join(ROOT, "node_modules", "jest", "bin", "jest.js");
  const args = [jest, "tests/functions-src/lib/domain", "--maxWorkers=1", "--testTimeout=1800000"];
  const env = { ...process.env, PROPERTY_RUNS: String(runs) };
  console.log(`Running the laws of the wallet ${runs} times`);
  return spawnSync(process.execPath, args, { cwd: ROOT, env, stdio: "inherit" }).status === 0;
}
