import type { Instant } from "./instant";
import { watchBalance } from "./low-balance";
import { watchTopUp } from "./top-up";
import type { WalletDraft } from "./wallet-draft";

/** Looks at a wallet after a step: whether to warn of its balance, and whether to top it up. */
export function watchWallet(draft: WalletDraft, at: Instant): WalletDraft {
  return watchTopUp(watchBalance(draft, at), at);
}
