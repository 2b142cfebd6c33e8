import type { Entry } from "../domain/entry";
import { hashableEntry } from "../domain/hashable-entry";
import type { WalletChanges } from "../domain/close-draft";
import type { Digest } from "../ports/digest";
import type { SealedChanges } from "../ports/wallet-store";
import { nameAct } from "./audit";

/** The hash of an entry: SHA-256 over its canonical JSON, the hash of the entry before it included. */
export function hashEntry(entry: Omit<Entry, "hash">, digest: Digest): string {
  return digest.json(hashableEntry(entry));
}

/** Chains the entries of a plan to the head that was read, moves the head of the wallet, and names the acts. */
export function sealEntries(changes: WalletChanges, digest: Digest): SealedChanges {
  let prevHash = changes.wallet.head;
  const entries = changes.entries.map((draft): Entry => {
    const hash = hashEntry({ ...draft, prevHash }, digest);
    const entry = { ...draft, prevHash, hash };
    prevHash = hash;
    return entry;
  });
  const { acts, ...rest } = changes;
  const audits = acts.map((act) => nameAct(act, digest, act.target));
  return { ...rest, wallet: { ...changes.wallet, head: prevHash }, entries, audits };
}
