import { isDuplicateKey, type Store, type TriggerStateDoc } from "../store/store";

/** Thrown when a newer holder of the trigger has written already: this one must stop. */
export class FencedOffError extends Error {
  override readonly name = "FencedOffError";
}

/** Where a trigger stands, written only under its lease. */
export interface TriggerState {
  load(): Promise<TriggerStateDoc | null>;
  save(position: { readonly resumeToken: unknown } | { readonly lastSlot: Date }): Promise<void>;
  /** Forgets the resume token, so that the next stream starts from now. */
  forgetToken(): Promise<void>;
}

/** Creates the state of one trigger for the holder of a lease. Throws: `FencedOffError` on a write after a newer holder's. */
export function createTriggerState(store: Store, id: string, fence: number): TriggerState {
  const write = async (change: Record<string, unknown>): Promise<void> => {
    try {
      await store.triggerState.updateOne({ _id: id, fence: { $lte: fence } }, change, { upsert: true });
    } catch (error) {
      if (isDuplicateKey(error))
        throw new FencedOffError(`Trigger ${id} is run by another runtime now`, { cause: error });
      throw error;
    }
  };
  return {
    load: () => store.triggerState.findOne({ _id: id }),
    save: (position) => write({ $set: { ...position, fence } }),
    forgetToken: () => write({ $set: { fence }, $unset: { resumeToken: "" } }),
  };
}
