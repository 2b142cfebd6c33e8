import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const TYPES = join(dirname(require.resolve("stripe")), "resources");
const OF_PAGES = ["limit", "starting_after", "ending_before"];

/** How a call is made: so many ids, and then these parameters. */
export interface DocumentedParameters {
  readonly ids: number;
  readonly names: readonly string[];
}

const texts = new Map<string, string>();

/** Reads the types that the SDK ships for an object, `checkout.sessions` from `Checkout/Sessions`. */
function typesOf(object: string): string {
  const path = object.split(".").map((part) => part.slice(0, 1).toUpperCase() + part.slice(1));
  const file = `${join(TYPES, ...path)}.d.ts`;
  const text = texts.get(file) ?? readFileSync(file, "utf8");
  texts.set(file, text);
  return text;
}

/**
 * Reads from the SDK's types how a call is made; `expand`, which every call takes, is left out.
 * Throws: an Error when the types do not say it, as they would if their form changed.
 */
export function documentedParameters(call: string): DocumentedParameters {
  const at = call.lastIndexOf(".");
  const types = typesOf(call.slice(0, at));
  const signature = new RegExp(`^ +${call.slice(at + 1)}\\((.*?)params\\??: (?:\\w+\\.)?(\\w+), options\\?`, "m").exec(
    types,
  );
  const [, before = "", type = ""] = signature ?? [];
  const block = new RegExp(
    `^( *)(?:export )?interface ${type}( extends PaginationParams)? \\{\\n?([\\s\\S]*?)^\\1\\}`,
    "m",
  ).exec(types);
  if (signature === null || block === null)
    throw new Error(`The types of the stripe SDK do not say how ${call} is called`);
  const [, indent = "", pages, body = ""] = block;
  const own = [...body.matchAll(new RegExp(`^${indent}    (\\w+)\\??:`, "gm"))].map(([, name = ""]) => name);
  return {
    ids: before.split(":").length - 1,
    names: [...own, ...(pages === undefined ? [] : OF_PAGES)].filter((name) => name !== "expand"),
  };
}
