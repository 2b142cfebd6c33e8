// Runs `npm ci` only when node_modules is missing or older than the lock file, so that a second start is instant.
// Plain CommonJS, because nothing is installed yet when it runs.
const { spawnSync } = require("node:child_process");
const { statSync, utimesSync } = require("node:fs");
const { join } = require("node:path");

const root = join(__dirname, "..");
const marker = join(root, "node_modules", ".package-lock.json");
const modifiedAt = (file) => {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
};

if (modifiedAt(marker) < modifiedAt(join(root, "package-lock.json"))) {
  console.error("Installing packages (npm ci), once ...");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const result = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ["ignore", 2, 2] })
    : spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.status !== 0) {
    console.error("npm ci failed; run it by hand in the project folder to see why");
    process.exit(result.status || 1);
  }
  const now = new Date();
  utimesSync(marker, now, now);
}
