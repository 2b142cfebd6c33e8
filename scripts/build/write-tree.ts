import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * Makes some folders hold exactly these files, named by their paths below the root. Files that are right already are not touched;
 * others are replaced whole, so that a reader and another writer find either the old or the new one.
 */
export function writeTree(
  root: string,
  { files, folders }: { readonly files: ReadonlyMap<string, string>; readonly folders: readonly string[] },
): void {
  for (const [path, content] of files) writeWhole(join(root, path), content);
  for (const path of folders.flatMap((folder) => filesBelow(root, folder))) {
    if (!files.has(path) && !path.endsWith(UNFINISHED)) removeFile(root, path);
  }
}

/** Removes a file with the folders that it leaves empty. */
function removeFile(root: string, path: string): void {
  rmSync(join(root, path), { force: true });
  for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) {
    if (readdirSync(join(root, folder)).length > 0) return;
    rmdirSync(join(root, folder));
  }
}

const UNFINISHED = ".unfinished";

function writeWhole(file: string, content: string): void {
  if (existsSync(file) && readFileSync(file, "utf8") === content) return;
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}${UNFINISHED}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, file);
}

function filesBelow(root: string, folder: string): readonly string[] {
  const top = join(root, folder);
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}
