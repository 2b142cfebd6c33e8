import { type Lot, inBurnOrder } from "./burn-order";
import type { Action, Facts, GrantTerms, Line, Name, Step } from "./steps";

interface Spent {
  lines: Line[];
  overdraft: number;
}
interface Wallet {
  lots: Lot[];
  holds: Map<string, { state: string; amount: number; lines: Line[] }>;
  spends: Map<string, Spent>;
  debt: number;
  overdraft: number;
  blocks: boolean;
  transfers: boolean;
  gate: "open" | "frozen" | "suspended" | "closed";
  entries: number;
}

const LIMIT = Number.MAX_SAFE_INTEGER;
const TRANSFER_WAIT_MS = 30 * 86_400_000;
const GATES = { closed: "account_closed", suspended: "account_suspended", frozen: "wallet_frozen" } as const;
const UNKEYED = new Set(["preview", "extend", "policy", "gate"]);
const BY_OPERATOR = new Set(["grant", "reverse", "void", "add", "remove", "writeOff"]);
const no = (code: string, facts: Facts = {}): Facts => ({ ok: false, code, ...facts });
const sum = (lines: readonly { readonly amount: number }[]): number =>
  lines.reduce((all, { amount }) => all + amount, 0);
const newWallet = (): Wallet => ({
  lots: [],
  holds: new Map(),
  spends: new Map(),
  debt: 0,
  overdraft: 0,
  blocks: false,
  transfers: false,
  gate: "open",
  entries: 0,
});

/** The first units of a receipt. */
function first(lines: readonly Line[], amount: number): Line[] {
  let missing = amount;
  return lines.flatMap((line) => {
    const part = Math.min(missing, line.amount);
    missing -= part;
    return part === 0 ? [] : [{ ...line, amount: part }];
  });
}
const last = (lines: readonly Line[], amount: number): Line[] => first([...lines].reverse(), amount);

/**
 * The wallet rules of the published semantics once more, as small as they can be said: two wallets of one owner. It shares no
 * code with the product, so that a misunderstanding would have to happen twice. `now` only grows.
 */
export class ReferenceModel {
  private wallets: Record<Name, Wallet> = { a: newWallet(), b: newWallet() };
  private readonly answers = new Map<string, { readonly input: string; readonly answer: Facts }>();

  run(step: Step, now: number): Facts {
    const { id, ...call } = step;
    const name = `${step.account}:${BY_OPERATOR.has(step.kind) ? "operator" : "client"}:${step.key}`;
    const known = UNKEYED.has(step.kind) ? undefined : this.answers.get(name);
    const input = JSON.stringify(call);
    if (known !== undefined) return known.input === input ? { ...known.answer, replayed: true } : no("key_reused");
    const before = structuredClone(this.wallets);
    const done = this.act(this.wallets[step.account], step, id, now);
    if (done["ok"] === false || step.kind === "preview") this.wallets = before;
    if (done["ok"] === false || UNKEYED.has(step.kind)) return done;
    const answer = { ...done, balance: this.shown(step.account), replayed: false };
    this.answers.set(name, { input, answer });
    return answer;
  }

  /** Whether the rules say nothing about a step: a spend by overdraft is to be reversed whose debt was repaid meanwhile. */
  isUndecided(step: Step): boolean {
    const wallet = this.wallets[step.account];
    return step.kind === "reverse" && (wallet.spends.get(step.entry)?.overdraft ?? 0) > wallet.debt;
  }

  balance(name: Name, now: number): Facts {
    const { lots, holds, debt, entries } = this.wallets[name];
    const held = [...holds.values()].filter(({ state }) => state === "open").flatMap(({ lines }) => lines);
    const free = (pending: boolean): number =>
      sum(lots.filter((lot) => lot.startsAt > now === pending).map(({ left }) => ({ amount: left })));
    const open = inBurnOrder(lots).filter(({ left }) => left > 0);
    return {
      available: free(false),
      pending: free(true),
      frozen: 0,
      held: sum(held),
      debt,
      seq: entries,
      lots: open.map((lot) => ({
        lot: lot.name,
        class: lot.class,
        granted: lot.granted,
        remaining: lot.left,
        held: sum(held.filter((line) => line.lot === lot.name)),
      })),
    };
  }

  private shown(name: Name): Facts {
    const { available, held, debt } = this.balance(name, Date.now());
    return { available, held, debt };
  }

  private act(wallet: Wallet, step: Action & { account: Name }, id: string, now: number): Facts {
    switch (step.kind) {
      case "consume":
      case "preview": {
        const spent = this.take(wallet, step, now, wallet.overdraft - wallet.debt);
        if ("refusal" in spent) return spent.refusal;
        wallet.spends.set(id, spent);
        wallet.debt += spent.overdraft;
        wallet.entries += 1;
        const done = { ok: true, amount: step.amount, receipt: [...spent.lines] };
        return step.kind === "preview" ? { ...done, balance: this.shown(step.account) } : done;
      }
      case "authorize": {
        const taken = this.take(wallet, step, now, 0);
        if ("refusal" in taken) return taken.refusal;
        wallet.holds.set(id, { state: "open", amount: step.amount, lines: taken.lines });
        wallet.entries += 1;
        return { ok: true, amount: step.amount, receipt: taken.lines };
      }
      case "capture":
      case "release":
      case "extend":
        return this.endHold(wallet, step, id);
      case "grant":
        return this.grant(wallet, id, step, now);
      case "add": {
        const terms = { class: "promo", priority: 50, scope: null, costMinor: 0, currency: null } as const;
        const { receipt, ...done } = this.grant(wallet, id, { ...terms, ...step, startsAt: null, endsAt: null }, now);
        return done["ok"] === false ? done : { ...done, receipt };
      }
      case "remove": {
        const taken = this.lots(wallet, { ...step, feature: null }, now, 0);
        if ("refusal" in taken) return taken.refusal;
        wallet.entries += 1;
        return { ok: true, amount: step.amount, receipt: taken.lines };
      }
      case "reverse":
        return this.reverse(wallet, step);
      case "void": {
        const lot = wallet.lots.find(({ name }) => name === step.lot);
        if (lot === undefined || lot.left === 0) return no("nothing_to_void");
        const amount = lot.left;
        lot.left = 0;
        wallet.entries += 1;
        return { ok: true, amount, receipt: [{ lot: lot.name, class: lot.class, amount }] };
      }
      case "writeOff": {
        const amount = Math.min(step.amount ?? wallet.debt, wallet.debt);
        if (amount === 0) return no("nothing_to_void");
        wallet.debt -= amount;
        wallet.entries += 1;
        return { ok: true, amount, receipt: [] };
      }
      case "policy":
        wallet.overdraft = step.overdraft ?? wallet.overdraft;
        wallet.blocks = step.blocks ?? wallet.blocks;
        wallet.transfers = step.transfers ?? wallet.transfers;
        return { ok: true };
      case "gate":
        wallet.gate = step.gate;
        return { ok: true };
      case "transfer":
        return this.transfer(wallet, this.wallets[step.account === "a" ? "b" : "a"], step.amount, id, now);
      case "batch": {
        if (wallet.gate !== "open") return no(GATES[wallet.gate], { index: 0 });
        const results: Facts[] = [];
        for (const [index, operation] of step.operations.entries()) {
          const result = this.act(wallet, { ...operation, account: step.account }, `${id}.${index}`, now);
          if (result["ok"] === false) return { ...result, index };
          const { ok: _ok, ...facts } = result;
          results.push({ kind: operation.kind, ...facts });
        }
        return { ok: true, results };
      }
    }
  }

  /** Gate and debt, then the lots. */
  private take(
    wallet: Wallet,
    asked: { amount: number; feature: string | null },
    now: number,
    overdraft: number,
  ): Spent | { readonly refusal: Facts } {
    if (wallet.gate !== "open") return { refusal: no(GATES[wallet.gate]) };
    if (wallet.blocks && wallet.debt > 0) return { refusal: no("in_debt", { debt: wallet.debt }) };
    return this.lots(wallet, asked, now, overdraft);
  }

  private lots(
    wallet: Wallet,
    { amount, feature }: { amount: number; feature: string | null },
    now: number,
    overdraft: number,
    packs = false,
  ): Spent | { readonly refusal: Facts } {
    const mayPay = inBurnOrder(wallet.lots).filter(({ startsAt, scope, class: kind }) =>
      packs
        ? kind === "pack" && startsAt + TRANSFER_WAIT_MS <= now
        : startsAt <= now && (scope === null || (feature !== null && scope.includes(feature))),
    );
    const available = sum(mayPay.map(({ left }) => ({ amount: left })));
    const missing = Math.max(0, amount - available);
    if (missing > Math.max(0, overdraft)) return { refusal: no("insufficient_tokens", { missing, available }) };
    const all = mayPay.map((lot) => ({ lot: lot.name, class: lot.class, amount: lot.left }));
    const lines = first(all, amount - missing);
    this.give(wallet, lines, -1);
    return { lines, overdraft: missing };
  }

  private give(wallet: Wallet, lines: readonly Line[], sign = 1): void {
    for (const line of lines) for (const lot of wallet.lots) if (lot.name === line.lot) lot.left += sign * line.amount;
  }

  private isFull(wallet: Wallet, amount: number): boolean {
    const held = sum([...wallet.holds.values()].filter(({ state }) => state === "open"));
    return sum(wallet.lots.map(({ left }) => ({ amount: left }))) + held + amount > LIMIT;
  }

  private grant(wallet: Wallet, id: string, step: { amount: number } & GrantTerms, now: number): Facts {
    const { amount } = step;
    if (this.isFull(wallet, amount)) return no("balance_limit");
    const startsAt = step.startsAt ?? now;
    const lot: Lot = { ...step, name: id, startsAt, granted: amount, left: amount };
    wallet.lots.push(lot);
    wallet.entries += 1;
    if (lot.class === "pack" && startsAt <= now && wallet.debt > 0) {
      const repaid = Math.min(wallet.debt, amount);
      lot.left -= repaid;
      wallet.debt -= repaid;
      wallet.entries += 1;
    }
    return { ok: true, amount, receipt: [{ lot: id, class: lot.class, amount }] };
  }

  private endHold(wallet: Wallet, step: { kind: string; hold: string; amount?: number | null }, id: string): Facts {
    if (step.kind === "extend" && wallet.gate !== "open") return no(GATES[wallet.gate]);
    const hold = wallet.holds.get(step.hold);
    if (hold?.state !== "open") return no("hold_not_open", { state: hold?.state ?? "unknown" });
    if (step.kind === "extend") return { ok: true };
    const captured = step.kind === "release" ? 0 : (step.amount ?? hold.amount);
    if (captured > hold.amount) return no("exceeds_hold", { held: hold.amount });
    const released = hold.amount - captured;
    const lines = first(hold.lines, captured);
    const back = last(hold.lines, released);
    this.give(wallet, back);
    hold.state = captured > 0 ? "captured" : "released";
    wallet.entries += (captured > 0 ? 1 : 0) + (released > 0 ? 1 : 0);
    if (captured > 0) wallet.spends.set(id, { lines, overdraft: 0 });
    return step.kind === "release" ? { ok: true, released } : { ok: true, captured, released, receipt: lines };
  }

  private reverse(wallet: Wallet, step: { entry: string; amount: number | null }): Facts {
    const spent = wallet.spends.get(step.entry) ?? { lines: [], overdraft: 0 };
    const owed = Math.min(spent.overdraft, wallet.debt);
    const reversible = sum(spent.lines) + owed;
    const amount = step.amount ?? reversible;
    if (amount > reversible || amount === 0) return no("exceeds_spend", { reversible });
    if (this.isFull(wallet, amount)) return no("balance_limit");
    const debt = Math.min(amount, owed);
    const receipt = last(spent.lines, amount - debt);
    spent.lines = first(spent.lines, sum(spent.lines) - sum(receipt));
    spent.overdraft -= debt;
    wallet.debt -= debt;
    this.give(wallet, receipt);
    wallet.entries += 1;
    return { ok: true, amount, receipt };
  }

  private transfer(from: Wallet, to: Wallet, amount: number, id: string, now: number): Facts {
    if (from.gate !== "open") return no(GATES[from.gate]);
    if (!from.transfers) return no("transfer_not_allowed");
    if (from.blocks && from.debt > 0) return no("in_debt", { debt: from.debt });
    const taken = this.lots(from, { amount, feature: null }, now, 0, true);
    if ("refusal" in taken) return taken.refusal;
    if (this.isFull(to, amount)) return no("balance_limit");
    for (const [index, line] of taken.lines.entries()) {
      const lot = from.lots.find(({ name }) => name === line.lot);
      if (lot === undefined) throw new Error(`The model lost the lot ${line.lot}`);
      const costMinor = Number((BigInt(lot.costMinor) * BigInt(line.amount)) / BigInt(lot.granted));
      to.lots.push({ ...lot, name: `${id}.${index}`, costMinor, granted: line.amount, left: line.amount });
    }
    from.entries += 1;
    to.entries += 1;
    return { ok: true };
  }
}
