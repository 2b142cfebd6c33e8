import { type Amount, toAmount } from "./amount";
import type { ReverseCommand } from "./commands";
import { nextFate, overdraftOf } from "./debt";
import { canHold, nextIdOf } from "./entry";
import type { Instant } from "./instant";
import { type LotFact, type OpenLot, type ReceiptLine, promoLot } from "./lot";
import { mulDiv } from "./mul-div";
import { lastUnits, unitsOf, without } from "./receipt";
import { refuse } from "./refusal";
import type { Step } from "./step";
import { type Original, type WalletDraft, addLot, book, returnToLots } from "./wallet-draft";

/**
 * Plans a reversal: units of a spend or capture go back to their own lots, newest taken first; the part that was overdraft
 * lowers the debt before any lot gets units, and comes back as a promo lot where the debt was repaid meanwhile; what was written off of it cannot come back. A lot that ended meanwhile comes back as a new lot with the life it had left
 * when it was spent.
 * Refuses, in this order: exceeds_spend, balance_limit.
 */
export function reverse(draft: WalletDraft, command: ReverseCommand, at: Instant): Step {
  const original = draft.records.originals.get(command.entryId);
  const reversible = original === undefined ? 0 : reversibleOf(draft, original);
  const amount = command.amount ?? toAmount(reversible);
  if (original === undefined || amount > reversible || amount === 0) {
    return { refusal: refuse("exceeds_spend", { reversible }) };
  }
  if (!canHold(draft.wallet, amount)) return { refusal: refuse("balance_limit") };

  const debt = toAmount(Math.min(amount, draft.wallet.debt, reversibleOverdraft(draft, original)));
  const back = lastUnits(without(original.entry.receipt, original.given), toAmount(amount - debt));
  const homes = back.map((line, index) => homeOf(draft, { original, line, index, at }));
  // What was overdraft came from no lot; where bought units repaid it meanwhile, it comes back as a lot of its own.
  const repaid = toAmount(amount - debt - unitsOf(back));
  const ownLots = repaid === 0 ? [] : [repaidHome(draft, repaid, at)];
  const receipt = [...homes, ...ownLots].map(({ line, lot }) => ({ ...line, lotId: lot?.id ?? line.lotId }));
  const booked = book(draft, {
    kind: "reverse",
    ...command.identity,
    at,
    recordedAt: at,
    actor: command.actor,
    cause: { kind: "reverse", id: original.entry.id },
    postings: [
      { account: "spent", amount: -amount },
      ...(debt === 0 ? [] : [{ account: "debt", amount: debt } as const]),
      { account: "available", amount: toAmount(amount - debt) },
    ],
    receipt,
    answer: { amount, debt: debt + repaid, given: back.map((line) => ({ ...line })) },
    note: command.note,
  });
  return { draft: remember(putBack(booked, command, [...homes, ...ownLots]), original, back, debt + repaid) };
}

function reversibleOf(draft: WalletDraft, original: Original): Amount {
  const { entry, given } = original;
  if (entry.kind !== "spend" && entry.kind !== "capture") return toAmount(0);
  return toAmount(unitsOf(without(entry.receipt, given)) + reversibleOverdraft(draft, original));
}

/** The part of a spend that was overdraft, without what came back of it and what was forgiven. */
function reversibleOverdraft(draft: WalletDraft, { entry, fate, givenDebt }: Original): Amount {
  const { forgiven } = draft.entries.reduce(nextFate, fate);
  return toAmount(overdraftOf(entry) - givenDebt - forgiven);
}

/** Where a line goes: into its own lot (`lot` null), or into a new one because its own is over. */
interface Home {
  readonly line: ReceiptLine;
  readonly lot: OpenLot | null;
}

function homeOf(
  draft: WalletDraft,
  facts: { readonly original: Original; readonly line: ReceiptLine; readonly index: number; readonly at: Instant },
): Home {
  const { line, at } = facts;
  const fact = draft.records.lots.get(line.lotId);
  const isOpen = draft.open.some((lot) => lot.id === line.lotId);
  if (isOpen || fact === undefined || fact.expiresAt === null || fact.expiresAt > at) return { line, lot: null };
  const lifeMs = fact.expiresAt - facts.original.entry.at;
  return { line, lot: heirOf(draft, fact, { ...facts, lifeMs }) };
}

/** A promo lot without end for units that were overdraft and are repaid. */
function repaidHome({ wallet }: WalletDraft, amount: Amount, at: Instant): Home {
  const lot = promoLot(`${nextIdOf("lot", wallet)}-repaid`, amount, at);
  return { line: { lotId: lot.id, class: lot.class, amount }, lot };
}

/** The lot that takes the place of one that ended: its terms, its share of the cost, the life it had left. */
function heirOf(
  draft: WalletDraft,
  fact: LotFact,
  facts: { readonly line: ReceiptLine; readonly index: number; readonly at: Instant; readonly lifeMs: number },
): OpenLot {
  return {
    id: `${nextIdOf("lot", draft.wallet)}-${facts.index}`,
    class: fact.class,
    priority: fact.priority,
    scope: fact.scope,
    effectiveAt: facts.at,
    expiresAt: facts.at + facts.lifeMs,
    costMinor: mulDiv(fact.costMinor, facts.line.amount, fact.granted, "down"),
    currency: fact.currency,
    grantedAt: fact.grantedAt,
    granted: facts.line.amount,
    remaining: facts.line.amount,
    pending: false,
  };
}

function putBack(draft: WalletDraft, command: ReverseCommand, homes: readonly Home[]): WalletDraft {
  const own = returnToLots(
    draft,
    homes.filter(({ lot }) => lot === null).map(({ line }) => line),
  );
  return homes.reduce(
    (current, { line, lot }) =>
      lot === null
        ? current
        : addLot(current, lot, {
            accountId: draft.wallet.accountId,
            walletId: draft.wallet.id,
            causeKey: `reverse:${command.identity.scope}:${command.identity.key}:${line.lotId}`,
            part: "whole",
            parentLotId: line.lotId === lot.id ? null : line.lotId,
          }),
    own,
  );
}

/** Keeps what was given back, for a second reversal of the same spend in the same batch. */
function remember(draft: WalletDraft, original: Original, back: readonly ReceiptLine[], debt: number): WalletDraft {
  const after = { ...original, given: [...original.given, ...back], givenDebt: original.givenDebt + debt };
  const originals = new Map([...draft.records.originals, [original.entry.id, after]]);
  return { ...draft, records: { ...draft.records, originals } };
}
