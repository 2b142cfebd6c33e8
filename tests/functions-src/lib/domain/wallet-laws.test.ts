import fc from "fast-check";
import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { burnKey, inBurnOrder } from "../../../../functions-src/lib/domain/burn-key";
import type { AllocationClock } from "../../../../functions-src/lib/domain/allocation";
import type { GrantCommand, SingleCommand, WalletCommand } from "../../../../functions-src/lib/domain/commands";
import { compareFold, foldEntry, startFold } from "../../../../functions-src/lib/domain/fold-ledger";
import { LATE_CAPTURES } from "../../../../functions-src/lib/domain/hold";
import type { LotClass } from "../../../../functions-src/lib/domain/lot";
import { isSameUnits } from "../../../../functions-src/lib/domain/money-back";
import { NO_CLAIMS, type PaymentFact } from "../../../../functions-src/lib/domain/payment";
import { EMBEDDED_LOTS } from "../../../../functions-src/lib/domain/wallet";
import { MemoryWallet, T0, authorizeOf, grantOf, spendOf, testHashOf } from "../../../support/builders";

const HOUR = 3_600_000;
const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 300);

/** A step of a random history: which operation, and numbers that choose its details and its targets. */
interface RandomOperation {
  readonly kind:
    | "grant"
    | "spend"
    | "authorize"
    | "capture"
    | "release"
    | "reverse"
    | "void"
    | "add"
    | "remove"
    | "write_off"
    | "converge";
  readonly amount: number;
  readonly pick: number;
  readonly flavour: number;
}

const operation: fc.Arbitrary<RandomOperation> = fc.record({
  kind: fc.constantFrom<RandomOperation["kind"][]>(
    ...([
      "grant",
      "grant",
      "grant",
      "spend",
      "spend",
      "spend",
      "authorize",
      "authorize",
      "capture",
      "release",
    ] as const),
    ...(["reverse", "reverse", "void", "add", "remove", "write_off", "converge", "converge"] as const),
  ) as fc.Arbitrary<RandomOperation["kind"]>,
  amount: fc.integer({ min: 1, max: 40 }),
  pick: fc.nat(1000),
  flavour: fc.nat(1000),
});
const histories = fc.array(
  fc.record({
    hours: fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 0, max: 4 }) },
      { weight: 1, arbitrary: fc.integer({ min: 300, max: 2000 }) },
    ),
    operations: fc.array(operation, { minLength: 1, maxLength: 5 }),
    together: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

/** A clock with odd terms, so that splits, carries and unpaid slots all occur. */
function randomClock(index: number, seed: number): AllocationClock {
  const startAt = T0 - (seed % 40) * 24 * HOUR;
  return {
    subscriptionId: `sub${index}`,
    phase: 1,
    slot: 0,
    calendar: { mode: "anniversary", startAt },
    nextAt: startAt,
    paidUntil: seed % 3 === 0 ? null : T0 + (seed % 50) * HOUR,
    terms: {
      units: toAmount(7 + seed),
      rollover:
        index === 0
          ? null
          : {
              percent: 50,
              cap: seed % 2 === 0 ? null : toAmount(5),
              periods: index,
              totalCap: seed % 5 === 0 ? toAmount(9) : null,
            },
      costMinor: toAmount(seed * 100),
      currency: seed === 0 ? null : "USD",
    },
  };
}

const pickOf = <T>(items: readonly T[], pick: number): T | undefined => items[pick % Math.max(1, items.length)];

/** Turns a random operation into a command on things that exist, where it can. */
function toCommand(memory: MemoryWallet, random: RandomOperation, now: number): SingleCommand {
  const base = spendOf(random.amount);
  const amount = toAmount(random.amount);
  const feature = [null, null, "chat", "image"][random.flavour % 4] ?? null;
  switch (random.kind) {
    case "grant": {
      const startsIn = [null, null, null, 1, 5][random.flavour % 5] ?? null;
      const lives = [null, 2, 8, 30][random.pick % 4] ?? null;
      const effectiveAt = startsIn === null ? null : now + startsIn * HOUR;
      const given = grantOf(random.amount, {
        class: (["promo", "allocation", "pack"] as LotClass[])[random.pick % 3]!,
        priority: [10, 50, 90][random.flavour % 3]!,
        scope: [null, null, ["chat"], ["chat", "image"]][random.flavour % 4] ?? null,
        effectiveAt,
        expiresAt: lives === null ? null : (effectiveAt ?? now) + lives * HOUR,
        costMinor: toAmount(random.pick),
        currency: random.pick === 0 ? null : "USD",
      });
      return given.class === "pack" ? { ...given, payment: paymentOf(given, now) } : given;
    }
    case "spend":
      return { ...base, feature };
    case "authorize":
      return authorizeOf(random.amount, {
        feature,
        ttlMs: (1 + (random.pick % 6)) * HOUR,
        terms: { lateCapture: LATE_CAPTURES[random.pick % 3]!, captureMore: random.flavour % 3 === 0 },
      });
    case "capture":
    case "release": {
      const holdId = pickOf([...memory.holds.keys()], random.pick) ?? "none";
      if (random.kind === "release") return { ...base, kind: "release", holdId };
      return { ...base, kind: "capture", holdId, amount: random.flavour % 2 === 0 ? null : amount };
    }
    case "reverse": {
      const spent = memory.entries.filter(({ kind }) => kind === "spend" || kind === "capture");
      const entryId = pickOf(spent, random.pick)?.id ?? "none";
      return { ...base, kind: "reverse", entryId, amount: random.flavour % 3 === 0 ? null : amount };
    }
    case "void":
      return { ...base, kind: "void", lotId: pickOf([...memory.lots.keys()], random.pick) ?? "none" };
    case "add":
    case "remove":
      return { ...base, kind: "adjust", direction: random.kind, amount };
    case "write_off":
      return { ...base, kind: "write_off", amount: random.flavour % 2 === 0 ? null : amount };
    case "converge": {
      const payment = pickOf([...memory.payments.values()], random.pick);
      if (payment === undefined) return base;
      const claims = {
        ...NO_CLAIMS,
        unitsTaken: toAmount(random.amount % (payment.unitsGranted + 1)),
        frozenBy: [[], [], ["dp_1"], ["dp_1", "issfr_1"]][random.flavour % 4] ?? [],
        revision: payment.revision + 1,
      };
      // Claims that mean the same for the wallet never reach it.
      return isSameUnits(payment, claims) ? base : { ...base, kind: "converge", cause: payment.cause, claims };
    }
  }
}

function paymentOf({ cause, amount }: GrantCommand, now: number): PaymentFact {
  const sale = { packId: "pack", packVersion: 1, quantity: 1, stripePaymentIntentId: "pi", stripeInvoiceId: null };
  const money = { mode: "test", valueMinor: toAmount(100), currency: "USD", paidAt: now } as const;
  return { accountId: "acc", cause: cause.id, unitsGranted: amount, ...sale, ...money, ...NO_CLAIMS };
}

/** The laws that hold after every step, whatever came before. */
function checkLaws(memory: MemoryWallet): void {
  const { wallet } = memory;
  const open = [...wallet.lots, ...memory.waiting.values()];
  const openHolds = [...memory.holds.values()].filter((hold) => hold.state === "open");
  const inLots = open.reduce((total, lot) => total + lot.remaining, 0);
  const onHold = openHolds.reduce((total, hold) => total + hold.amount, 0);

  expect(wallet.available + wallet.pending + wallet.frozen).toBe(inLots);
  expect(wallet.held).toBe(onHold);
  for (const lot of open) expect(lot.remaining > 0 && lot.remaining <= lot.granted).toBe(true);
  for (const hold of memory.holds.values()) {
    expect(hold.receipt.reduce((total, line) => total + line.amount, 0)).toBe(hold.amount);
    expect(hold.state === "open" ? 0 : hold.amount).toBe(hold.captured + hold.released);
  }
  expect(openHolds.every((hold) => wallet.nextHoldAt !== null && wallet.nextHoldAt <= hold.expiresAt)).toBe(true);

  // Overdraft that was repaid comes back as a lot; what was forgiven of it was never paid for.
  const repaid = memory.entries.filter(({ kind }) => kind === "repay").flatMap(({ receipt }) => receipt);
  const cameBack = [...memory.lots.values()].filter(({ id }) => id.endsWith("-repaid"));
  expect(cameBack.reduce((total, lot) => total + lot.granted, 0)).toBeLessThanOrEqual(
    repaid.reduce((total, line) => total + line.amount, 0),
  );

  expect(wallet.lots.length).toBeLessThanOrEqual(EMBEDDED_LOTS);
  const lastInside = wallet.lots.map(burnKey).sort().pop() ?? "";
  for (const lot of memory.waiting.values()) expect(lastInside < burnKey(lot)).toBe(true);
  expect(wallet.waiting.count).toBe(memory.waiting.size);
}

/** For each lot: granted = remaining + on hold + spent (less given back) + expired + voided + removed + repaid. */
function checkLotBooks(memory: MemoryWallet): void {
  const moved = new Map<string, number>();
  const add = (lotId: string, amount: number): void => void moved.set(lotId, (moved.get(lotId) ?? 0) + amount);
  for (const entry of memory.entries) {
    const change = entry.postings.reduce(
      (sum, { account, amount }) => (["available", "pending", "frozen"].includes(account) ? sum + amount : sum),
      0,
    );
    if (change < 0) for (const line of entry.receipt) add(line.lotId, line.amount);
    if (change > 0 && ["release", "reverse", "reinstate"].includes(entry.kind)) {
      for (const line of entry.receipt) add(line.lotId, -line.amount);
    }
  }
  const open = new Map(
    [...memory.wallet.lots, ...memory.waiting.values()].map((lot) => [lot.id, lot.remaining as number]),
  );
  for (const lot of memory.lots.values()) {
    // A lot that took the place of an ended one, or of repaid overdraft, was granted by the reversal itself.
    const granted = lot.parentLotId === null && !lot.id.endsWith("-repaid") ? lot.granted : 0;
    expect([lot.id, (open.get(lot.id) ?? 0) + (moved.get(lot.id) ?? 0)]).toEqual([lot.id, granted]);
  }
}

/** What was taken for each payment is what its claims say, and its lots are frozen exactly when the claims say so. */
function checkClaims(memory: MemoryWallet): void {
  const { wallet } = memory;
  const open = [...wallet.lots, ...memory.waiting.values()];
  expect(
    open.filter((lot) => !lot.pending && lot.frozenBy.length > 0).reduce((sum, lot) => sum + lot.remaining, 0),
  ).toBe(wallet.frozen);
  for (const payment of memory.payments.values()) {
    const clawbacks = memory.entries.filter(({ kind, cause }) => kind === "clawback" && cause.id === payment.cause);
    const ids = new Set(clawbacks.map(({ id }) => id));
    const back = memory.entries.filter(({ kind, cause }) => kind === "reinstate" && ids.has(cause.id));
    const taken = [...clawbacks, ...back].flatMap(({ postings }) => postings);
    const forgiven = back.reduce((sum, { answer }) => sum + Number(answer["forgiven"]), 0);
    expect(taken.reduce((sum, { account, amount }) => (account === "takenBack" ? sum + amount : sum), 0)).toBe(
      payment.unitsTaken + forgiven,
    );
    for (const lot of open.filter(({ rootCause }) => rootCause === payment.cause)) {
      expect(lot.frozenBy).toEqual(payment.frozenBy);
    }
  }
}

type Lines = readonly { readonly lotId: string; readonly amount: number }[];

function perLot(lines: Lines): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const line of lines) sums[line.lotId] = (sums[line.lotId] ?? 0) + line.amount;
  return sums;
}

/** What left a lot for a hold or a spend goes back to that lot, or stays away; never to another, never twice. */
function checkUndo(memory: MemoryWallet): void {
  for (const hold of memory.holds.values()) {
    if (hold.state === "open") continue;
    const ends = memory.entries.filter(
      ({ kind, cause }) => cause.id === hold.id && (kind === "capture" || kind === "release"),
    );
    expect(perLot(ends.flatMap(({ receipt }) => receipt))).toEqual(perLot(hold.receipt));
  }
  for (const spent of memory.entries.filter(({ kind }) => kind === "spend" || kind === "capture")) {
    const reversals = memory.entries.filter(({ kind, cause }) => kind === "reverse" && cause.id === spent.id);
    const given = perLot(reversals.flatMap(({ answer }) => answer["given"] as unknown as Lines));
    const taken = perLot(spent.receipt);
    for (const [lotId, amount] of Object.entries(given)) expect(amount).toBeLessThanOrEqual(taken[lotId] ?? 0);
  }
}

function checkFold(memory: MemoryWallet): void {
  let fold = startFold(memory.wallet);
  for (const entry of memory.entries) {
    const step = foldEntry(fold, entry, testHashOf);
    expect(step.problems).toEqual([]);
    fold = step.fold;
  }
  expect(compareFold(fold, memory.wallet, [...memory.waiting.values()])).toEqual([]);
}

describe("laws of a wallet", () => {
  it(`hold for random histories of all operations (${RUNS} runs)`, () => {
    fc.assert(
      fc.property(histories, fc.nat(60), fc.nat(3), (history, overdraft, clocks) => {
        const memory = new MemoryWallet();
        memory.wallet = {
          ...memory.wallet,
          clocks: Array.from({ length: clocks }, (_, index) => randomClock(index, overdraft)),
        };
        memory.wallet = {
          ...memory.wallet,
          policy: { ...memory.wallet.policy, overdraftLimit: toAmount(overdraft < 30 ? 0 : overdraft) },
        };
        let now = T0;
        for (const { hours, operations, together } of history) {
          now += hours * HOUR;
          const commands = operations.map((random) => toCommand(memory, random, now));
          const batches: readonly (readonly WalletCommand[])[] = together
            ? [commands]
            : commands.map((command) => [command]);
          for (const batch of batches) {
            memory.post(batch, now);
            checkLaws(memory);
            checkClaims(memory);
          }
        }
        checkLotBooks(memory);
        checkUndo(memory);
        checkFold(memory);
      }),
      { numRuns: RUNS },
    );
  });

  it(`make a batch its operations in order, or nothing (${RUNS} runs)`, () => {
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 6 }),
        fc.array(operation, { minLength: 1, maxLength: 5 }),
        (before, inside) => {
          const [whole, single] = [new MemoryWallet(), new MemoryWallet()];
          for (const random of before) {
            const command = toCommand(whole, random, T0);
            whole.post([command], T0);
            single.post([command], T0);
          }
          const operations = inside.map((random) => toCommand(whole, random, T0));
          const { outcomes, changes } = whole.post([{ ...spendOf(1), kind: "batch", operations }], T0);
          const [outcome] = outcomes;
          if (outcome?.kind === "refused") {
            expect(changes).toBeNull();
            const refusedAt = Number(outcome.refusal["index"]);
            operations.forEach((command, index) => {
              if (index > refusedAt) return;
              const alone = single.post([command], T0).outcomes[0];
              expect(alone?.kind).toBe(index < refusedAt ? "booked" : "refused");
            });
          } else {
            for (const command of operations) single.post([command], T0);
            const balance = ({ available, pending, held, debt }: MemoryWallet["wallet"]): object => ({
              available,
              pending,
              held,
              debt,
            });
            expect(balance(whole.wallet)).toEqual(balance(single.wallet));
            // A lot that was added by hand has its operation's key as its cause; all else is the same.
            const lots = (memory: MemoryWallet) => memory.wallet.lots.map((lot) => ({ ...lot, rootCause: null }));
            expect(lots(whole)).toEqual(lots(single));
            const legs = whole.entries.filter(({ key }) => key === outcome?.entry.key).map(({ leg }) => leg);
            expect(legs).toEqual(legs.map((_, index) => index));
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("give a released or reversed spend back to the same lots, unit for unit", () => {
    fc.assert(
      fc.property(
        fc.array(operation, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 60 }),
        fc.boolean(),
        (before, units, viaHold) => {
          const memory = new MemoryWallet();
          for (const random of before) memory.post([toCommand(memory, { ...random, kind: "grant" }, T0)], T0);
          const lotsBefore = [...memory.wallet.lots, ...memory.waiting.values()];
          const taken = viaHold ? memory.post([authorizeOf(units)], T0) : memory.post([spendOf(units)], T0);
          const outcome = taken.outcomes[0]!;
          if (outcome.kind === "refused") return;
          const holdId = String(outcome.entry.answer["holdId"]);
          if (viaHold) memory.post([{ ...spendOf(1), kind: "release", holdId }], T0);
          else memory.post([{ ...spendOf(1), kind: "reverse", entryId: outcome.entry.id, amount: null }], T0);
          const sorted = (lots: typeof lotsBefore): typeof lotsBefore => inBurnOrder(lots) as typeof lotsBefore;
          expect(sorted([...memory.wallet.lots, ...memory.waiting.values()])).toEqual(sorted(lotsBefore));
        },
      ),
      { numRuns: RUNS },
    );
  });

  it("spend from a hundred lots exactly as from one list in burn order", () => {
    const memory = new MemoryWallet();
    const lots = Array.from({ length: 100 }, (_, index) => ({ amount: 1 + (index % 7), priority: (index * 37) % 101 }));
    for (const { amount, priority } of lots) memory.post([grantOf(amount, { priority })], T0);
    const all = inBurnOrder([...memory.wallet.lots, ...memory.waiting.values()]);
    const total = all.reduce((sum, lot) => sum + lot.remaining, 0);
    const burned: string[] = [];
    for (let left = total; left > 0; left -= 1) {
      const { outcomes } = memory.post([spendOf(1)], T0);
      const outcome = outcomes[0];
      if (outcome?.kind !== "booked") throw new Error(`refused with ${left} units left`);
      burned.push(outcome.entry.receipt[0]!.lotId);
    }
    expect(burned).toEqual(all.flatMap((lot) => Array.from({ length: lot.remaining }, () => lot.id)));
    expect(memory.wallet).toMatchObject({ available: 0, lots: [], waiting: { count: 0, remaining: 0 } });
  });
});
