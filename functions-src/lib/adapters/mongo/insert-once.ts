import { isDuplicateKey } from "./store-errors";

/** Runs an insert of a document whose id says everything; that it exists already is the wished-for result. */
export async function insertOnce(insert: () => Promise<void>): Promise<"inserted" | "existed"> {
  try {
    await insert();
    return "inserted";
  } catch (error) {
    if (isDuplicateKey(error)) return "existed";
    throw error;
  }
}
