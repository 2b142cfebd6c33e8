import { ZERO } from "./amount";
import type { ConvergeCommand } from "./commands";
import type { Instant } from "./instant";
import type { OpenLot } from "./lot";
import type { PaymentFact } from "./payment";
import { type Claim, claimOf } from "./wallet";
import type { EntryContent, WalletDraft } from "./wallet-draft";

/** What the entries of a converging share, in the wallet of the payment and in those that hold transferred parts. */
export interface Booking {
  readonly command: ConvergeCommand;
  readonly payment: PaymentFact;
  readonly at: Instant;
  /** How many entries the draft of each wallet had before, by wallet: the next one is the first leg of the command there. */
  readonly starts: ReadonlyMap<string, number>;
}

/** What the next entry of a converging says beside its postings: it is the next leg of the command. */
export function contentOf(draft: WalletDraft, { command, payment, at, starts }: Booking) {
  return {
    ...command.identity,
    leg: draft.entries.length - (starts.get(draft.wallet.id) ?? 0),
    at,
    recordedAt: at,
    actor: command.actor,
    cause: { kind: "payment", id: payment.cause },
    note: null,
  } satisfies Partial<EntryContent>;
}

/** What the payment claims of a wallet now, or a claim of nothing. */
export function claimFor({ wallet }: WalletDraft, { payment }: Booking): Claim {
  return claimOf(wallet, payment.cause) ?? { cause: payment.cause, frozenBy: [], frozenAt: null, owed: ZERO };
}

/** The open lots that the payment stands behind. */
export function lotsOf({ open }: WalletDraft, { payment }: Booking): readonly OpenLot[] {
  return open.filter(({ rootCause }) => rootCause === payment.cause);
}
