import { randomBytes } from "node:crypto";
import { ObjectId } from "mongodb";
import type { Clock } from "../clock";
import { isDuplicateKey, type SettingsDoc, type Store } from "./store";

export interface AppSettings {
  readonly signingKey: Uint8Array;
  readonly domainId: string;
  /** Where the test clock stood last; null when there never was one. */
  readonly testClockAt: Date | null;
}

/** Reads the settings of an app, making them the first time; two runtimes that start at once end with the same ones. */
export async function loadSettings(store: Store, appId: string, clock: Clock): Promise<AppSettings> {
  const found = await store.settings.findOne({ _id: appId });
  if (found !== null) return fromDbSettings(found);
  const made: SettingsDoc = {
    _id: appId,
    signingKey: randomBytes(64).toString("base64"),
    domainId: new ObjectId().toHexString(),
    createdAt: clock.now(),
  };
  try {
    await store.settings.insertOne(made);
    return fromDbSettings(made);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return loadSettings(store, appId, clock);
  }
}

function fromDbSettings(doc: SettingsDoc): AppSettings {
  return {
    signingKey: Buffer.from(doc.signingKey, "base64"),
    domainId: doc.domainId,
    testClockAt: doc.testClockAt ?? null,
  };
}

/** Keeps where the test clock of an app stands. */
export async function saveTestClock(store: Store, appId: string, testClockAt: Date): Promise<void> {
  await store.settings.updateOne({ _id: appId }, { $set: { testClockAt } });
}
