import { type CatalogItemTerms, newestVersions, versionIdOf } from "../domain/catalog";
import type { CatalogStore } from "../ports/catalog-store";
import type { Digest } from "../ports/digest";

/** Which versions a publication added, and how many items stayed as they were. */
export interface Publication {
  readonly added: readonly string[];
  readonly unchanged: number;
}

/**
 * Publishes a catalog: an item that differs from its newest version becomes the next version, an equal one stays.
 * Versions never change, so publishing the same file again adds nothing.
 */
export async function publishCatalog(
  deps: { readonly catalogVersions: CatalogStore; readonly digest: Digest },
  items: readonly CatalogItemTerms[],
): Promise<Publication> {
  const { plans, packs } = newestVersions(await deps.catalogVersions.listVersions());
  const newest = new Map([...plans, ...packs].map((item) => [`${item.kind}:${item.id}`, item]));
  const added: string[] = [];
  for (const terms of items) {
    const known = newest.get(`${terms.kind}:${terms.id}`);
    const item = { ...terms, version: (known?.version ?? 0) + 1 };
    if (known !== undefined && deps.digest.json({ ...item, version: known.version }) === deps.digest.json(known))
      continue;
    await deps.catalogVersions.insertVersion(item);
    added.push(versionIdOf(item));
  }
  return { added, unchanged: items.length - added.length };
}
