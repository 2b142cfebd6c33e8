import type { CatalogItem } from "../domain/catalog";

/** Published versions of plans and packs. */
export interface CatalogStore {
  /** Every version ever published, bounded by 1,000. */
  listVersions(): Promise<readonly CatalogItem[]>;
  /** Publishes a version; one that exists already stays as it is. */
  insertVersion(item: CatalogItem): Promise<void>;
}
