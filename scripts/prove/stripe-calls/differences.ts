/**
 * Finds where a value lacks what is expected of it, as lines with their paths; none means that it has all of it. An object may have more keys
 * than are expected, an array no more elements; a pattern stands for any text that it matches.
 */
export function differencesOf(value: unknown, expected: unknown, path = "answer"): readonly string[] {
  if (expected instanceof RegExp) {
    const fits = typeof value === "string" && expected.test(value);
    return fits ? [] : [`${path}: expected text like ${String(expected)}, got ${shown(value)}`];
  }
  if (typeof expected !== "object" || expected === null) {
    return Object.is(value, expected) ? [] : [`${path}: expected ${shown(expected)}, got ${shown(value)}`];
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) !== Array.isArray(expected)) {
    return [`${path}: expected ${shown(expected)}, got ${shown(value)}`];
  }
  if (Array.isArray(expected) && Array.isArray(value) && value.length !== expected.length) {
    return [`${path}: expected ${expected.length} elements, got ${value.length}`];
  }
  return Object.entries(expected).flatMap(([key, inner]) =>
    differencesOf(Reflect.get(value, key), inner, `${path}.${key}`),
  );
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 120);
}
