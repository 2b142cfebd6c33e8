import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { extname, join, resolve, sep } from "node:path";
import type { Readable } from "node:stream";

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

export interface HostedFile {
  readonly contentType: string;
  readonly length: number;
  open(): Readable;
}

/**
 * Finds the file that a URL path names: itself, its `index.html`, or the path with `.html`.
 *
 * Holds: answers nothing outside of the folder, neither by `..` in any coding nor by a symbolic link.
 */
export async function findHostedFile(root: string, urlPath: string): Promise<HostedFile | null> {
  const path = decodePath(urlPath);
  if (path === null) return null;
  const base = await realpath(root);
  const wanted = resolve(base, `.${sep}${path}`);
  for (const candidate of [wanted, join(wanted, "index.html"), `${wanted}.html`]) {
    const real = await realpath(candidate).catch(() => null);
    if (real === null || !real.startsWith(base + sep)) continue;
    const facts = await stat(real);
    if (!facts.isFile()) continue;
    return {
      contentType: CONTENT_TYPES[extname(real).toLowerCase()] ?? "application/octet-stream",
      length: facts.size,
      open: () => createReadStream(real),
    };
  }
  return null;
}

function decodePath(urlPath: string): string | null {
  try {
    const path = decodeURIComponent(urlPath);
    return path.includes("\0") || path.includes("\\") ? null : path;
  } catch {
    return null;
  }
}
