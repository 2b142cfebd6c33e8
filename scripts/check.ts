import { spawnSync } from "node:child_process";
import colors from "picocolors";
import { ROOT } from "./build/definitions";

/** The steps of the check, each a script of package.json; the build first, because tests read what it writes. */
const STEPS = ["build", "format:check", "lint", "types", "dead-code", "jest"] as const;

/** Runs the steps in order, or those named on the command line, and ends with the code of the first that fails. */
function main(): void {
  const wanted = process.argv.slice(2);
  const steps = STEPS.filter((name) => wanted.length === 0 || wanted.includes(name));
  if (steps.length === 0) {
    console.error(`check: expected some of ${STEPS.join(", ")}, got "${wanted.join(" ")}"`);
    process.exit(2);
  }
  for (const [index, name] of steps.entries()) {
    const startedAt = Date.now();
    console.log(colors.bold(`[${index + 1}/${steps.length}] ${name}`));
    const { status } = spawnSync("npm", ["run", "--silent", name], { cwd: ROOT, stdio: "inherit" });
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    if (status !== 0) {
      console.error(colors.red(`${name} failed after ${seconds} s`));
      process.exit(status ?? 1);
    }
    console.log(colors.dim(`${name} passed in ${seconds} s`));
  }
}

main();
