/** The id of what a field refers to, expanded or not. */
export function idOf(reference: string | { readonly id: string } | null): string | null {
  return reference === null || typeof reference === "string" ? reference : reference.id;
}
