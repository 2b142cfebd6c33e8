import { type Amount, toAmount } from "../../../functions-src/lib/domain/amount";
import { type BatchInput, runBatch } from "../../../functions-src/lib/usecases/batch";
import type { MemberCall } from "../../../functions-src/lib/usecases/caller";
import { type ConsumeInput, consume } from "../../../functions-src/lib/usecases/consume";
import { adjustBalance, reverseSpend, voidRest, writeOffDebt } from "../../../functions-src/lib/usecases/corrections";
import type { Deps } from "../../../functions-src/lib/usecases/deps";
import { grantTokens } from "../../../functions-src/lib/usecases/grant-tokens";
import { authorize, capture, release } from "../../../functions-src/lib/usecases/holds";
import { setAlerts, setPolicy } from "../../../functions-src/lib/usecases/settings";
import { transfer } from "../../../functions-src/lib/usecases/transfer";

const OPERATOR = { kind: "operator", id: "op" } as const;
const USER = { kind: "user", userId: "u", email: null, anonymous: false } as const;
const REASON = "proof of crashes";

/** Whose wallet, and the two accounts of one owner. */
export interface Place {
  readonly accountId: string;
  readonly partnerId: string;
  readonly unit: string;
  readonly now: number;
}

/** An operation to be cut: what has to be there before, and the call under its key. */
export interface CutOperation {
  readonly name: string;
  /** Makes what the operation needs; the result is handed to `run`. */
  readonly prepare: (deps: Deps, place: Place) => Promise<string>;
  readonly run: (deps: Deps, place: Place, prepared: string) => Promise<object>;
}

const text = (answer: object, field: string): string => {
  const value = (answer as Readonly<Record<string, unknown>>)[field];
  if (typeof value === "string") return value;
  throw new Error(`Expected an answer with ${field}, got ${JSON.stringify(answer)}`);
};
const member = <Input>({ accountId }: Place, input: Input): MemberCall<Input> => ({ caller: USER, accountId, input });

const grant = (deps: Deps, place: Place, key: string, more: object = {}): Promise<object> => {
  const { accountId, unit, now } = place;
  const terms = { effectiveAt: null, expiresAt: null, costMinor: toAmount(0), currency: null, scope: null };
  const lot = { amount: toAmount(10), class: "promo", priority: 50, ...terms } as const;
  return grantTokens(deps, OPERATOR, { key, accountId, unit, reason: REASON, ...lot, ...more }, now);
};
const spend = (deps: Deps, place: Place, key: string, amount: Amount): Promise<object> =>
  consume(
    deps,
    member<ConsumeInput>(place, {
      key,
      amount,
      unit: place.unit,
      feature: null,
      quantity: null,
      metadata: { poem: 1 },
    }),
    place.now,
  );
const hold = async (deps: Deps, place: Place, key: string): Promise<object> => {
  const input = { key, amount: toAmount(6), unit: place.unit, feature: null, ttlSeconds: null };
  return authorize(deps, member(place, input), place.now);
};
const policy = async (deps: Deps, { accountId, unit, now }: Place, given: object): Promise<void> => {
  await setPolicy(deps, OPERATOR, { accountId, unit, policy: given, reason: REASON }, now);
};

const NOTHING = (): Promise<string> => Promise.resolve("");
const granted = async (deps: Deps, place: Place): Promise<string> => text(await grant(deps, place, "seed"), "lotId");
const held = async (deps: Deps, place: Place): Promise<string> => {
  await granted(deps, place);
  return text(await hold(deps, place, "hold"), "holdId");
};
const indebted = async (deps: Deps, place: Place): Promise<string> => {
  await policy(deps, place, { overdraftLimit: toAmount(9) });
  return text(await spend(deps, place, "spend", toAmount(4)), "entryId");
};
const crowded = async (deps: Deps, place: Place): Promise<string> => {
  for (let lot = 0; lot < 20; lot += 1) await grant(deps, place, `seed-${lot}`);
  return "";
};
const alerting = async (deps: Deps, place: Place): Promise<string> => {
  await granted(deps, place);
  await setAlerts(deps, member(place, { unit: place.unit, threshold: toAmount(8) }));
  return "";
};
const movable = async (deps: Deps, place: Place): Promise<string> => {
  await policy(deps, place, { transfers: true, transferWaitDays: 0 });
  await grant(deps, place, "seed", { class: "pack" });
  return "";
};
const corrected = (place: Place): { readonly key: string; readonly reason: string } & Place => ({
  key: "cut",
  reason: REASON,
  ...place,
});

/** Every kind of operation that writes a wallet, and those that write something beside it. */
export const CUT_OPERATIONS: readonly CutOperation[] = [
  { name: "the first grant", prepare: NOTHING, run: (deps, place) => grant(deps, place, "cut") },
  { name: "a grant", prepare: granted, run: (deps, place) => grant(deps, place, "cut") },
  { name: "a pack that repays", prepare: indebted, run: (deps, place) => grant(deps, place, "cut", { class: "pack" }) },
  { name: "a spend", prepare: granted, run: (deps, place) => spend(deps, place, "cut", toAmount(3)) },
  { name: "a spend that warns", prepare: alerting, run: (deps, place) => spend(deps, place, "cut", toAmount(3)) },
  { name: "a spend of 18 lots", prepare: crowded, run: (deps, place) => spend(deps, place, "cut", toAmount(175)) },
  { name: "an authorization", prepare: granted, run: (deps, place) => hold(deps, place, "cut") },
  {
    name: "a capture of a part",
    prepare: held,
    run: (deps, place, holdId) => capture(deps, member(place, { holdId, key: "cut", amount: toAmount(4) }), place.now),
  },
  {
    name: "a release",
    prepare: held,
    run: (deps, place, holdId) => release(deps, member(place, { holdId, key: "cut" }), place.now),
  },
  {
    name: "a batch",
    prepare: held,
    run: (deps, place, holdId) => {
      const operations = [
        { kind: "capture", holdId, amount: toAmount(2) },
        { kind: "consume", amount: toAmount(3), feature: null, quantity: null },
        { kind: "authorize", amount: toAmount(1), feature: null, ttlSeconds: null },
      ] as const;
      return runBatch(deps, member<BatchInput>(place, { key: "cut", unit: place.unit, operations }), place.now);
    },
  },
  {
    name: "a transfer",
    prepare: movable,
    run: (deps, place) => {
      const input = { key: "cut", toAccountId: place.partnerId, amount: toAmount(7), unit: place.unit };
      return transfer(deps, member(place, input), place.now);
    },
  },
  {
    name: "a batch with two transfers",
    prepare: movable,
    run: (deps, place) => {
      const move = { kind: "transfer", toAccountId: place.partnerId, amount: toAmount(3) } as const;
      const spendOne = { kind: "consume", amount: toAmount(1), feature: null, quantity: null } as const;
      const input: BatchInput = { key: "cut", unit: place.unit, operations: [move, spendOne, move] };
      return runBatch(deps, member(place, input), place.now);
    },
  },
  {
    name: "a reversal of repaid overdraft",
    prepare: async (deps, place) => {
      const entryId = await indebted(deps, place);
      await grant(deps, place, "pack", { class: "pack" });
      return entryId;
    },
    run: (deps, place, entryId) => {
      const { key, reason } = corrected(place);
      return reverseSpend(deps, OPERATOR, { key, reason, entryId, amount: null }, place.now);
    },
  },
  {
    name: "a reversal",
    prepare: async (deps, place) => {
      await granted(deps, place);
      return text(await spend(deps, place, "spend", toAmount(5)), "entryId");
    },
    run: (deps, place, entryId) => {
      const { key, reason } = corrected(place);
      return reverseSpend(deps, OPERATOR, { key, reason, entryId, amount: toAmount(2) }, place.now);
    },
  },
  {
    name: "a void",
    prepare: granted,
    run: (deps, place, lotId) => voidRest(deps, OPERATOR, { key: "cut", reason: REASON, lotId }, place.now),
  },
  ...(["add", "remove"] as const).map((direction): CutOperation => ({
    name: `an adjustment that ${direction}s`,
    prepare: granted,
    run: (deps, place) =>
      adjustBalance(deps, OPERATOR, { ...corrected(place), direction, amount: toAmount(2) }, place.now),
  })),
  {
    name: "a write-off",
    prepare: indebted,
    run: (deps, place) => writeOffDebt(deps, OPERATOR, { ...corrected(place), amount: null }, place.now),
  },
];
