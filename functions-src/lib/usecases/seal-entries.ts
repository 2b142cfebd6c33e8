import type { Entry } from "../domain/entry";
import { hashableEntry } from "../domain/hashable-entry";
import type { WalletChanges } from "../domain/close-draft";
import type { Digest } from "../ports/digest";
import type { SealedChanges } from "../ports/wallet-store";

/** The hash of an entry: SHA-256 over its canonical JSON, the hash of the entry before it included. */
export function hashEntry(entry: Omit<Entry, "hash">, digest: Digest): string {
  return digest.json(hashableEntry(entry));
}

/** Chains the entries of a plan to the head that was read, and moves the head of the wallet. */
export function sealEntries(changes: WalletChanges, digest: Digest): SealedChanges {
  let prevHash = changes.wallet.head;
  const entries = changes.entries.map((draft): Entry => {
    const hash = hashEntry({ ...draft, prevHash }, digest);
    const entry = { ...draft, prevHash, hash };
    prevHash = hash;
    return entry;
  });
  return { ...changes, wallet: { ...changes.wallet, head: prevHash }, entries };
}
