import { type LedgerFold, type LedgerProblem, compareFold, foldEntry, startFold } from "../domain/fold-ledger";
import type { Wallet } from "../domain/wallet";
import type { Deps } from "./deps";
import { readEntries } from "./read-entries";
import { hashEntry } from "./seal-entries";

const WALLETS_PER_PAGE = 100;
/** A report stays readable: past this many problems the first ones tell the story. */
const MAX_PROBLEMS = 1000;

/** What `admin/verify` answers. `ok: false` with problems is an answer, not a refusal. */
export interface VerifyAnswer {
  readonly ok: boolean;
  readonly wallets: number;
  readonly entries: number;
  readonly problems: readonly LedgerProblem[];
}

type VerifyDeps = Pick<Deps, "wallets" | "digest">;

/**
 * Replays the ledger of one account, or of all, and compares every fold with its wallet: sequence, hash chain, postings,
 * balances and the units left in every lot. Reads only; writers may go on meanwhile.
 */
export async function verifyLedger(deps: VerifyDeps, input: { readonly accountId?: string }): Promise<VerifyAnswer> {
  const problems: LedgerProblem[] = [];
  let wallets = 0;
  let entries = 0;
  let afterId: string | undefined;
  for (;;) {
    const page = await deps.wallets.listWallets({
      ...input,
      ...(afterId === undefined ? {} : { afterId }),
      limit: WALLETS_PER_PAGE,
    });
    for (const wallet of page) {
      const verified = await verifyWallet(deps, wallet);
      wallets += 1;
      entries += verified.entries;
      problems.push(...verified.problems);
    }
    afterId = page[page.length - 1]?.id;
    if (page.length < WALLETS_PER_PAGE || problems.length > MAX_PROBLEMS) break;
  }
  return { ok: problems.length === 0, wallets, entries, problems: problems.slice(0, MAX_PROBLEMS) };
}

/** Folds the entries up to the sequence number that the wallet had when it was read; later ones belong to later reads. */
async function verifyWallet(
  deps: VerifyDeps,
  read: Wallet,
): Promise<{ readonly entries: number; readonly problems: readonly LedgerProblem[] }> {
  const { wallet, waiting } = await readAtRest(deps, read);
  let fold: LedgerFold = startFold(wallet);
  const problems: LedgerProblem[] = [];
  let entries = 0;
  for await (const entry of readEntries(deps.wallets, wallet, { after: 0, until: wallet.seq })) {
    const step = foldEntry(fold, entry, ({ hash: _hash, ...content }) => hashEntry(content, deps.digest));
    fold = step.fold;
    problems.push(...step.problems);
    entries += 1;
  }
  return { entries, problems: [...problems, ...compareFold(fold, wallet, waiting)] };
}

/** Reads a wallet and its waiting lots of the same moment: again while a writer moved the wallet in between. */
async function readAtRest(
  deps: VerifyDeps,
  read: Wallet,
): Promise<{ readonly wallet: Wallet; readonly waiting: Awaited<ReturnType<Deps["wallets"]["listWaiting"]>> }> {
  let wallet = read;
  for (let turns = 0; wallet.waiting.count > 0 && turns < 100; turns += 1) {
    const waiting = await deps.wallets.listWaiting(wallet);
    const after = await deps.wallets.loadWallet(wallet);
    if (after === null || after.seq === wallet.seq) return { wallet, waiting };
    wallet = after;
  }
  return { wallet, waiting: [] };
}
