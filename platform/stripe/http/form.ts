import qs from "qs";
import { invalidRequest } from "./stripe-error";

/** Form data as text, objects and arrays; numbers and the like are the schema's business. */
export type Form = Readonly<Record<string, unknown>>;

const LIMIT = 1000;

/** Parses a form as Stripe reads it: brackets, indexed and plain arrays, the last of equal keys wins. */
export function parseForm(text: string): Form {
  try {
    return qs.parse(numberArrays(text), {
      plainObjects: true,
      depth: 20,
      strictDepth: true,
      arrayLimit: LIMIT,
      parameterLimit: LIMIT,
      throwOnLimitExceeded: true,
      duplicates: "last",
    }) as Form;
  } catch (error) {
    if (error instanceof RangeError) throw invalidRequest(`Invalid request: ${error.message}`);
    throw error;
  }
}

/** Gives `a[]=1&a[]=2` and `a[][x]=1&a[][y]=2` their indexes: a key that repeats begins the next element. */
function numberArrays(text: string): string {
  const seen = new Map<string, { index: number; rests: Set<string> }>();
  return text
    .split("&")
    .map((pair) => {
      const equals = pair.indexOf("=");
      const key = decodeKey(equals < 0 ? pair : pair.slice(0, equals));
      const at = key.indexOf("[]");
      if (at < 0) return pair;
      const prefix = key.slice(0, at);
      const rest = key.slice(at + 2);
      const state = seen.get(prefix) ?? { index: 0, rests: new Set<string>() };
      if (rest === "" ? state.rests.size > 0 : state.rests.has(rest)) {
        state.index += 1;
        state.rests.clear();
      }
      state.rests.add(rest);
      seen.set(prefix, state);
      const numbered = `${prefix}[${state.index}]${rest}`;
      return `${encodeURIComponent(numbered)}=${equals < 0 ? "" : pair.slice(equals + 1)}`;
    })
    .join("&");
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    // A broken escape stays as it is; the schema then refuses the name.
    return key;
  }
}

/** Writes a path as Stripe names parameters: `line_items[0][price]`. */
export function bracketPath(path: readonly PropertyKey[]): string {
  return path.map((part, index) => (index === 0 ? String(part) : `[${String(part)}]`)).join("");
}
