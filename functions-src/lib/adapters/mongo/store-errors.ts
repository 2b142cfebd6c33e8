import { StoreFailure } from "../../ports/wallet-store";

/** The errors of the database that the stores decide about, whatever driver threw them. */
interface DatabaseError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly hasErrorLabel?: (label: string) => boolean;
  readonly errorLabels?: unknown;
}

function asDatabaseError(error: unknown): DatabaseError {
  return typeof error === "object" && error !== null ? error : {};
}

/** Tells whether an error carries a label of the server or the driver. */
export function hasLabel(error: unknown, label: string): boolean {
  const known = asDatabaseError(error);
  if (typeof known.hasErrorLabel === "function") return known.hasErrorLabel(label);
  return Array.isArray(known.errorLabels) && known.errorLabels.includes(label);
}

/** Tells whether a unique index refused a write; with a name, whether it was that index. */
export function isDuplicateKey(error: unknown, indexName?: string): boolean {
  const known = asDatabaseError(error);
  if (known.code !== 11000) return false;
  return indexName === undefined || String(known.message).includes(`index: ${indexName} `);
}

/** A record that somebody else just made is a lost race, not a corruption. */
export async function asTransient(insert: Promise<void>): Promise<void> {
  try {
    await insert;
  } catch (error) {
    if (isDuplicateKey(error)) throw new StoreFailure("transient", error);
    throw error;
  }
}
