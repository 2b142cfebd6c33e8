import { openStore } from "../store/store";
import { readAppId } from "../tree/load-tree";

/** Reads where the test clock of an app stands, or null when it never had one: what moves with the clock starts from there. */
export async function readTestClock(input: {
  readonly tree: string;
  readonly mongodbUri: string;
  readonly appId?: string;
}): Promise<Date | null> {
  const store = await openStore(input.mongodbUri);
  try {
    const settings = await store.settings.findOne({ _id: input.appId ?? readAppId(input.tree) });
    return settings?.testClockAt ?? null;
  } finally {
    await store.close();
  }
}
