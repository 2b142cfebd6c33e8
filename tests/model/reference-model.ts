import { type Lot, inBurnOrder } from "./burn-order";
import {
  type Action,
  FEATURES,
  type Facts,
  type GrantTerms,
  type Line,
  NO_FEATURE,
  type Name,
  type Step,
} from "./steps";

interface Spent {
  lines: Line[];
  /** Overdraft that did not come back yet, and what of it was forgiven. */
  overdraft: number;
  forgiven: number;
  readonly at: number;
}
interface Hold {
  state: "open" | "captured" | "released" | "expired";
  readonly amount: number;
  readonly lines: Line[];
  readonly feature: string | null;
  readonly openedAt: number;
  until: number;
}
interface Wallet {
  lots: Lot[];
  holds: Map<string, Hold>;
  spends: Map<string, Spent>;
  /** What is owed and for which spend, oldest first. */
  owed: { readonly spent: Spent; amount: number }[];
  overdraft: number;
  blocks: boolean;
  transfers: boolean;
  collects: boolean;
  gate: "open" | "frozen" | "suspended" | "closed";
  lowAt: number | null;
  armed: boolean;
  warnings: number;
  entries: number;
}
type Taken = { readonly lines: Line[]; readonly missing: number } | { readonly refusal: Facts };

const LIMIT = Number.MAX_SAFE_INTEGER;
const HOUR_MS = 3_600_000;
const TRANSFER_WAIT_MS = 30 * 24 * HOUR_MS;
const HOLD_LIFE_MS = 7 * 24 * HOUR_MS;
const GATES = { closed: "account_closed", suspended: "account_suspended", frozen: "wallet_frozen" } as const;
const UNKEYED = new Set(["preview", "extend", "policy", "alert", "gate", "wait"]);
const BY_OPERATOR = new Set(["grant", "reverse", "void", "add", "remove", "writeOff"]);
const PROMO = { class: "promo", priority: 50, scope: null, costMinor: 0, currency: null, endsAt: null } as const;
const no = (code: string, facts: Facts = {}): Facts => ({ ok: false, code, ...facts });
const sum = (lines: readonly { readonly amount: number }[]): number =>
  lines.reduce((all, { amount }) => all + amount, 0);
const unitsIn = (lots: readonly Lot[]): number => lots.reduce((all, { left }) => all + left, 0);
const lineOf = (lot: Lot, amount: number): Line => ({ lot: lot.name, class: lot.class, amount });
const shareOf = (cost: number, part: number, whole: number): number =>
  Number((BigInt(cost) * BigInt(part)) / BigInt(whole));
const newWallet = (): Wallet => ({
  lots: [],
  holds: new Map(),
  spends: new Map(),
  owed: [],
  overdraft: 0,
  blocks: false,
  transfers: false,
  collects: false,
  gate: "open",
  lowAt: null,
  armed: true,
  warnings: 0,
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

  balance(name: Name): Facts {
    const wallet = this.wallets[name];
    const held = [...wallet.holds.values()].filter(({ state }) => state === "open").flatMap(({ lines }) => lines);
    const free = (pending: boolean): number => unitsIn(wallet.lots.filter((lot) => lot.pending === pending));
    const open = inBurnOrder(wallet.lots).filter(({ left }) => left > 0);
    return {
      available: free(false),
      pending: free(true),
      frozen: 0,
      held: sum(held),
      debt: sum(wallet.owed),
      seq: wallet.entries,
      lots: open.map((lot) => ({
        lot: lot.name,
        class: lot.class,
        granted: lot.granted,
        remaining: lot.left,
        held: sum(held.filter((line) => line.lot === lot.name)),
      })),
    };
  }

  /** How many low-balance warnings a wallet gave. */
  warnings(name: Name): number {
    return this.wallets[name].warnings;
  }

  private shown(name: Name): Facts {
    const { available, held, debt } = this.balance(name);
    return { available, held, debt };
  }

  private act(wallet: Wallet, step: Action & { account: Name }, id: string, now: number): Facts {
    const done = this.actUnwatched(wallet, step, id, now);
    if (done["ok"] === false) return done;
    if (step.kind === "preview") return { ...done, balance: this.shown(step.account) };
    if (!UNKEYED.has(step.kind)) this.watch(wallet);
    if (step.kind === "transfer") this.watch(this.other(step.account));
    return done;
  }

  private actUnwatched(wallet: Wallet, step: Action & { account: Name }, id: string, now: number): Facts {
    switch (step.kind) {
      case "consume":
      case "preview": {
        const taken = this.take(wallet, step, wallet.overdraft - sum(wallet.owed));
        return "refusal" in taken
          ? taken.refusal
          : { ok: true, amount: step.amount, receipt: this.spend(wallet, id, taken, now) };
      }
      case "authorize": {
        const taken = this.take(wallet, step, 0);
        if ("refusal" in taken) return taken.refusal;
        const { amount, feature } = step;
        const hold = {
          state: "open",
          amount,
          feature,
          lines: taken.lines,
          openedAt: now,
          until: now + HOUR_MS,
        } as const;
        wallet.holds.set(id, hold);
        wallet.entries += 1;
        return { ok: true, amount: step.amount, receipt: taken.lines };
      }
      case "capture":
        return this.capture(wallet, step, id, now);
      case "release":
        return this.release(wallet, step.hold, now);
      case "extend": {
        if (wallet.gate !== "open") return no(GATES[wallet.gate]);
        const hold = wallet.holds.get(step.hold);
        if (hold?.state !== "open") return no("hold_not_open", { state: hold?.state ?? "unknown" });
        hold.until = Math.max(hold.until, Math.min(now + 2 * HOUR_MS, hold.openedAt + HOLD_LIFE_MS));
        return { ok: true };
      }
      case "grant":
        return this.grant(wallet, id, step, now);
      case "add": {
        const { receipt, ...done } = this.grant(wallet, id, { ...PROMO, amount: step.amount, startsAt: null }, now);
        return done["ok"] === false ? done : { ...done, receipt };
      }
      case "remove": {
        const taken = this.lots(wallet, step.amount, 0, () => true);
        if ("refusal" in taken) return taken.refusal;
        wallet.entries += 1;
        return { ok: true, amount: step.amount, receipt: taken.lines };
      }
      case "reverse":
        return this.reverse(wallet, step, id, now);
      case "void": {
        const lot = wallet.lots.find(({ name }) => name === step.lot);
        if (lot === undefined || lot.left === 0) return no("nothing_to_void");
        const amount = lot.left;
        lot.left = 0;
        wallet.entries += 1;
        return { ok: true, amount, receipt: [lineOf(lot, amount)] };
      }
      case "writeOff": {
        const amount = Math.min(step.amount ?? sum(wallet.owed), sum(wallet.owed));
        if (amount === 0) return no("nothing_to_void");
        this.lower(wallet, amount, { forgiving: true });
        wallet.entries += 1;
        return { ok: true, amount, receipt: [] };
      }
      case "policy": {
        const { overdraft, blocks, transfers, collects } = step;
        wallet.overdraft = overdraft ?? wallet.overdraft;
        wallet.blocks = blocks ?? wallet.blocks;
        wallet.transfers = transfers ?? wallet.transfers;
        wallet.collects = collects ?? wallet.collects;
        return { ok: true };
      }
      case "alert":
        wallet.lowAt = step.lowAt;
        wallet.armed = step.lowAt === null || Number(this.balance(step.account)["available"]) >= step.lowAt;
        return { ok: true };
      case "gate":
        wallet.gate = step.gate;
        return { ok: true };
      case "wait":
        for (const each of Object.values(this.wallets)) if (this.settle(each, now)) this.watch(each);
        return { ok: true };
      case "transfer":
        return this.transfer(wallet, this.other(step.account), step.amount, id, now);
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

  private other(name: Name): Wallet {
    return this.wallets[name === "a" ? "b" : "a"];
  }

  private watch(wallet: Wallet): void {
    const available = unitsIn(wallet.lots.filter(({ pending }) => !pending));
    if (wallet.lowAt === null) return;
    if (available < wallet.lowAt && wallet.armed) wallet.warnings += 1;
    wallet.armed = available >= wallet.lowAt;
  }

  /** Does what is due, earliest first: at one instant holds, then lots in burn order. Tells whether anything was. */
  private settle(wallet: Wallet, now: number): boolean {
    for (let done = 0; ; done += 1) {
      const holds = [...wallet.holds.values()].filter(({ state }) => state === "open");
      const open = inBurnOrder(wallet.lots).filter(({ left }) => left > 0);
      const [next] = [
        ...holds.map((hold) => ({ at: hold.until, book: () => this.giveBack(wallet, hold, hold.amount, "expired") })),
        ...open.map((lot) => ({
          at: lot.pending ? lot.startsAt : (lot.endsAt ?? Infinity),
          book: () => this.turn(wallet, lot),
        })),
      ]
        .filter(({ at }) => at <= now)
        .sort((x, y) => x.at - y.at);
      if (next === undefined) return done > 0;
      next.book();
    }
  }

  private turn(wallet: Wallet, lot: Lot): void {
    wallet.entries += 1;
    if (!lot.pending) lot.left = 0;
    else {
      lot.pending = false;
      this.repay(wallet, lot);
    }
  }

  private giveBack(wallet: Wallet, hold: Hold, amount: number, state: Hold["state"]): void {
    this.give(wallet, last(hold.lines, amount));
    hold.state = state;
    wallet.entries += amount > 0 ? 1 : 0;
  }

  private repay(wallet: Wallet, lot: Lot): void {
    const amount = Math.min(sum(wallet.owed), lot.left);
    if (lot.class !== "pack" || wallet.collects || amount === 0) return;
    lot.left -= amount;
    this.lower(wallet, amount, {});
    wallet.entries += 1;
  }

  /** Lowers the debt: that of one spend first where it is its own reversal, then the oldest. */
  private lower(wallet: Wallet, amount: number, { own, forgiving }: { own?: Spent; forgiving?: boolean }): void {
    let left = amount;
    for (const item of [...wallet.owed].sort((x, y) => Number(y.spent === own) - Number(x.spent === own))) {
      const part = Math.min(left, item.amount);
      item.amount -= part;
      left -= part;
      if (forgiving === true) item.spent.forgiven += part;
    }
    wallet.owed = wallet.owed.filter((item) => item.amount > 0);
  }

  private spend(wallet: Wallet, id: string, taken: { lines: Line[]; missing: number }, now: number): Line[] {
    const spent: Spent = { lines: taken.lines, overdraft: taken.missing, forgiven: 0, at: now };
    wallet.spends.set(id, spent);
    if (taken.missing > 0) wallet.owed.push({ spent, amount: taken.missing });
    wallet.entries += 1;
    return [...taken.lines];
  }

  /** Gate and debt, then the lots that may pay for a feature. */
  private take(wallet: Wallet, { amount, feature }: { amount: number; feature: string | null }, owing: number): Taken {
    if (wallet.gate !== "open") return { refusal: no(GATES[wallet.gate]) };
    const debt = sum(wallet.owed);
    if (wallet.blocks && debt > 0 && owing < LIMIT) return { refusal: no("in_debt", { debt }) };
    return this.lots(
      wallet,
      amount,
      owing,
      ({ scope }) => scope === null || (feature !== null && scope.includes(feature)),
    );
  }

  private lots(wallet: Wallet, amount: number, owing: number, mayGive: (lot: Lot) => boolean): Taken {
    const lots = inBurnOrder(wallet.lots).filter((lot) => !lot.pending && mayGive(lot));
    const missing = Math.max(0, amount - unitsIn(lots));
    if (missing > Math.max(0, owing)) {
      return { refusal: no("insufficient_tokens", { missing, available: amount - missing }) };
    }
    const lines = first(
      lots.map((lot) => lineOf(lot, lot.left)),
      amount - missing,
    );
    this.give(wallet, lines, -1);
    return { lines, missing };
  }

  private give(wallet: Wallet, lines: readonly Line[], sign = 1): void {
    for (const line of lines) for (const lot of wallet.lots) if (lot.name === line.lot) lot.left += sign * line.amount;
  }

  private isFull(wallet: Wallet, amount: number): boolean {
    const held = sum([...wallet.holds.values()].filter(({ state }) => state === "open"));
    return unitsIn(wallet.lots) + held + amount > LIMIT;
  }

  private addLot(wallet: Wallet, terms: Omit<Lot, "left" | "pending">, now: number): Lot {
    const lot: Lot = { ...terms, left: terms.granted, pending: terms.startsAt > now };
    wallet.lots.push(lot);
    return lot;
  }

  private grant(wallet: Wallet, id: string, step: { amount: number } & GrantTerms, now: number): Facts {
    const { amount } = step;
    if (step.endsAt !== null && step.endsAt <= Math.max(step.startsAt ?? now, now)) return no("bad_input");
    if (this.isFull(wallet, amount)) return no("balance_limit");
    const { class: kind, priority, scope, costMinor, currency, endsAt } = step;
    const terms = { name: id, class: kind, priority, scope, costMinor, currency, endsAt };
    const lot = this.addLot(wallet, { ...terms, granted: amount, startsAt: step.startsAt ?? now, grantedAt: now }, now);
    wallet.entries += 1;
    if (!lot.pending) this.repay(wallet, lot);
    return { ok: true, amount, receipt: [lineOf(lot, amount)] };
  }

  private capture(wallet: Wallet, step: { hold: string; amount: number | null }, id: string, now: number): Facts {
    const hold = wallet.holds.get(step.hold);
    const { late, more } = FEATURES[(hold?.feature ?? "") as keyof typeof FEATURES] ?? NO_FEATURE;
    if (hold?.state !== "open" && (hold?.state !== "expired" || late === "refuse")) {
      return no("hold_not_open", { state: hold?.state ?? "unknown" });
    }
    const { feature } = hold;
    const captured = step.amount ?? hold.amount;
    if (captured > hold.amount && !more) return no("exceeds_hold", { held: hold.amount });
    const mayOwe = wallet.overdraft - sum(wallet.owed);
    if (hold.state === "expired") {
      const taken = this.take(wallet, { amount: captured, feature }, late === "debt" ? LIMIT : mayOwe);
      if ("refusal" in taken) return taken.refusal;
      hold.state = "captured";
      return { ok: true, captured, released: 0, receipt: this.spend(wallet, id, taken, now) };
    }
    const lines = first(hold.lines, captured);
    const released = Math.max(0, hold.amount - captured);
    this.spend(wallet, id, { lines, missing: 0 }, now);
    this.giveBack(wallet, hold, released, "captured");
    this.settle(wallet, now);
    if (captured <= hold.amount) return { ok: true, captured, released, receipt: [...lines] };
    const taken = this.take(wallet, { amount: captured - hold.amount, feature }, mayOwe);
    if ("refusal" in taken) return taken.refusal;
    return { ok: true, captured, released, receipt: [...lines, ...this.spend(wallet, `${id}.more`, taken, now)] };
  }

  private release(wallet: Wallet, name: string, now: number): Facts {
    const hold = wallet.holds.get(name);
    if (hold?.state !== "open") return no("hold_not_open", { state: hold?.state ?? "unknown" });
    this.giveBack(wallet, hold, hold.amount, "released");
    this.settle(wallet, now);
    return { ok: true, released: hold.amount };
  }

  private reverse(wallet: Wallet, step: { entry: string; amount: number | null }, id: string, now: number): Facts {
    const spent = wallet.spends.get(step.entry) ?? { lines: [], overdraft: 0, forgiven: 0, at: now };
    const overdraft = spent.overdraft - spent.forgiven;
    const reversible = sum(spent.lines) + overdraft;
    const amount = step.amount ?? reversible;
    if (amount > reversible || amount === 0) return no("exceeds_spend", { reversible });
    if (this.isFull(wallet, amount)) return no("balance_limit");
    const debt = Math.min(amount, overdraft, sum(wallet.owed));
    const back = last(spent.lines, amount - debt);
    const repaid = amount - debt - sum(back);
    spent.lines = first(spent.lines, sum(spent.lines) - sum(back));
    spent.overdraft -= debt + repaid;
    this.lower(wallet, debt, { own: spent });
    wallet.entries += 1;
    const receipt = back.map((line, index) => {
      const lot = wallet.lots.find(({ name }) => name === line.lot);
      if (lot === undefined) throw new Error(`The model lost the lot ${line.lot}`);
      if (lot.endsAt === null || lot.endsAt > now) {
        lot.left += line.amount;
        return line;
      }
      const { left: _left, pending: _pending, ...terms } = lot;
      const costMinor = shareOf(lot.costMinor, line.amount, lot.granted);
      const life = { startsAt: now, endsAt: now + lot.endsAt - spent.at };
      const heir = { ...terms, ...life, name: `${id}.${index}`, costMinor, granted: line.amount };
      return lineOf(this.addLot(wallet, heir, now), line.amount);
    });
    if (repaid === 0) return { ok: true, amount, receipt };
    const lot = { ...PROMO, name: `${id}.repaid`, startsAt: now, grantedAt: now, granted: repaid };
    return { ok: true, amount, receipt: [...receipt, lineOf(this.addLot(wallet, lot, now), repaid)] };
  }

  private transfer(from: Wallet, to: Wallet, amount: number, id: string, now: number): Facts {
    if (from.gate !== "open") return no(GATES[from.gate]);
    if (!from.transfers) return no("transfer_not_allowed");
    const debt = sum(from.owed);
    if (from.blocks && debt > 0) return no("in_debt", { debt });
    const isRipe = ({ class: kind, grantedAt }: Lot): boolean => kind === "pack" && grantedAt + TRANSFER_WAIT_MS <= now;
    const taken = this.lots(from, amount, 0, isRipe);
    if ("refusal" in taken) return taken.refusal;
    if (this.isFull(to, amount)) return no("balance_limit");
    for (const [index, line] of taken.lines.entries()) {
      const lot = from.lots.find(({ name }) => name === line.lot);
      if (lot === undefined) throw new Error(`The model lost the lot ${line.lot}`);
      const { left: _left, pending: _pending, ...terms } = lot;
      const costMinor = shareOf(lot.costMinor, line.amount, lot.granted);
      this.addLot(to, { ...terms, name: `${id}.${index}`, costMinor, granted: line.amount }, now);
    }
    from.entries += 1;
    to.entries += 1;
    return { ok: true };
  }
}
