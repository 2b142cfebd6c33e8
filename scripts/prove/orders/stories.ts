/** What happens at Stripe between a buyer, a bank and a shop; amounts in cents. */
export type Turn =
  | { readonly kind: "pay"; readonly by: "card" | "bank" }
  | { readonly kind: "settle"; readonly outcome: "succeed" | "fail" }
  | { readonly kind: "refund"; readonly amountMinor: number }
  | { readonly kind: "dispute"; readonly amountMinor: number }
  | { readonly kind: "decide"; readonly outcome: "won" | "lost" };

/** What a purchase and the wallet of its buyer come to. Units: of the wallet, unless the name says cents. */
export interface Facts {
  /** How many entries granted units; one, however often Stripe told of the payment. */
  readonly grants: number;
  readonly unitsGranted: number;
  readonly unitsTaken: number;
  /** What all entries of the purchase changed of what can be spent. */
  readonly entered: number;
  readonly returnedMinor: number;
  readonly disputedMinor: number;
  readonly available: number;
  readonly held: number;
  readonly frozen: number;
  readonly debt: number;
  /** 1 = the account is suspended: for an open dispute about fraud, or one that was lost. */
  readonly suspended: number;
}

/** One course of a story, and what it must end in. */
export interface Course {
  readonly turns: readonly Turn[];
  readonly ends: Facts;
}

/** A story with its courses. */
export interface Story {
  readonly name: string;
  readonly courses: readonly [Course, ...Course[]];
}

const SIGNUP_UNITS = 3;
const NOTHING_MINOR = { returnedMinor: 0, disputedMinor: 0 };
const AT_REST = { held: 0, frozen: 0, debt: 0, suspended: 0 };
const PAID: Turn = { kind: "pay", by: "card" };

// Written out, not computed: an expectation that shared its arithmetic with the product would share its mistakes.
const WHOLE: Facts = {
  grants: 1,
  unitsGranted: 100,
  unitsTaken: 0,
  entered: 100,
  ...NOTHING_MINOR,
  available: 103,
  ...AT_REST,
};
const NEVER_PAID: Facts = {
  grants: 0,
  unitsGranted: 0,
  unitsTaken: 0,
  entered: 0,
  ...NOTHING_MINOR,
  available: SIGNUP_UNITS,
  ...AT_REST,
};
const ALL_BACK: Facts = { ...WHOLE, unitsTaken: 100, entered: 0, available: 3, returnedMinor: 1000 };

/** The five stories of a pack of 100 units for 1,000 cents, bought by somebody who got 3 units for signing up. */
export const STORIES: readonly [Story, ...Story[]] = [
  { name: "a purchase by card", courses: [{ turns: [PAID], ends: WHOLE }] },
  {
    name: "a purchase by bank debit",
    courses: [debit("succeed", WHOLE), debit("succeed", WHOLE), debit("fail", NEVER_PAID)],
  },
  {
    name: "a partial refund and one of the rest",
    courses: [refunds(250, 750), refunds(1, 999), refunds(333, 667), refunds(999, 1)],
  },
  { name: "a dispute that is won", courses: [won(1000), won(500), won(1)] },
  {
    name: "a refund, then a dispute that is lost",
    courses: [
      lost(250, 750, { unitsTaken: 100, entered: 0, available: 3 }),
      // 583 cents of 1,000 paid for 58.3 units: the share is rounded up once, on the sum.
      lost(250, 333, { unitsTaken: 59, entered: 41, available: 44 }),
      lost(333, 500, { unitsTaken: 84, entered: 16, available: 19 }),
      lost(1, 1, { unitsTaken: 1, entered: 99, available: 102 }),
    ],
  },
];

function debit(outcome: "succeed" | "fail", ends: Facts): Course {
  return {
    turns: [
      { kind: "pay", by: "bank" },
      { kind: "settle", outcome },
    ],
    ends,
  };
}

function refunds(first: number, rest: number): Course {
  const turns: readonly Turn[] = [PAID, { kind: "refund", amountMinor: first }, { kind: "refund", amountMinor: rest }];
  return { turns, ends: ALL_BACK };
}

function won(amountMinor: number): Course {
  return { turns: [PAID, { kind: "dispute", amountMinor }, { kind: "decide", outcome: "won" }], ends: WHOLE };
}

function lost(
  returnedMinor: number,
  disputedMinor: number,
  units: Pick<Facts, "unitsTaken" | "entered" | "available">,
): Course {
  const turns: readonly Turn[] = [
    PAID,
    { kind: "refund", amountMinor: returnedMinor },
    { kind: "dispute", amountMinor: disputedMinor },
    { kind: "decide", outcome: "lost" },
  ];
  return { turns, ends: { ...WHOLE, ...units, returnedMinor, disputedMinor, suspended: 1 } };
}
