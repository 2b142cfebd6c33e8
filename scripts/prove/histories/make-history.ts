import { FEATURES, type Name, type Operation, type Step } from "../../../tests/model/steps";
import type { SeededRandom } from "../seeded-random";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HUGE = Number.MAX_SAFE_INTEGER - 40;

/** What earlier steps made, so that later ones can name it; some of it may have been refused, which is wanted too. */
interface Made {
  readonly holds: { readonly id: string; readonly account: Name }[];
  readonly spends: { readonly id: string; readonly account: Name }[];
  readonly lots: { readonly id: string; readonly account: Name }[];
  readonly keys: string[];
}

type Draft = Step extends infer One ? (One extends Step ? Omit<One, "id" | "account" | "key"> : never) : never;

/** Makes a random history of two wallets that begins at an instant: grants first, then whatever comes, and time passes. */
export function makeHistory(random: SeededRandom, length: number, startedAt: number): readonly Step[] {
  const steps: Step[] = [];
  const made: Made = { holds: [], spends: [], lots: [], keys: [] };
  // Every fourth history has more lots than the wallet document embeds.
  const grants = random.below(4) === 0 ? 24 : 4;
  let now = startedAt;
  for (let index = 0; index < length + grants; index += 1) {
    const id = `s${index}`;
    const account = random.below(4) === 0 ? "b" : "a";
    const again = random.below(12) === 0 ? steps[random.below(steps.length)] : undefined;
    if (index > grants && again !== undefined) {
      steps.push(repeated(random, again, id));
      continue;
    }
    const draft = index < grants ? makeGrant(random, now) : makeDraft(random, { made, account, now });
    const key = index > grants && random.below(25) === 0 ? (made.keys[random.below(made.keys.length)] ?? id) : id;
    const step = { ...draft, id, account, key } as Step;
    if (step.kind === "wait") now += step.hours * HOUR_MS;
    remember(made, step);
    steps.push(step);
  }
  return steps;
}

/** The same call again, or one with its key and other input. */
function repeated(random: SeededRandom, step: Step, id: string): Step {
  // Time that passes is no call to repeat.
  if (step.kind === "wait") return { kind: "wait", hours: 1, id, account: step.account, key: id };
  const isChanged = random.below(3) === 0 && "amount" in step && step.amount !== null;
  return isChanged ? ({ ...step, id, amount: step.amount + 1 } as Step) : { ...step, id };
}

function remember(made: Made, step: Step): void {
  const { account } = step;
  made.keys.push(step.key);
  const operations = step.kind === "batch" ? step.operations : [step];
  for (const [index, { kind }] of operations.entries()) {
    const id = step.kind === "batch" ? `${step.id}.${index}` : step.id;
    if (kind === "authorize") made.holds.push({ id, account });
    if (kind === "consume" || kind === "capture" || kind === "grant") made.spends.push({ id, account });
    if (kind === "capture") made.spends.push({ id: `${id}.more`, account });
    if (kind === "grant" || kind === "add") made.lots.push({ id, account });
  }
}

interface Chance {
  readonly made: Made;
  readonly account: Name;
  readonly now: number;
}

function makeDraft(random: SeededRandom, chance: Chance): Draft {
  const roll = random.below(100);
  if (roll < 10) return makeGrant(random, chance.now);
  if (roll < 44) return makeOperation(random, chance);
  if (roll < 52) return { kind: "wait", hours: random.pick([1, 1, 2, 5, 24, 24 * 9, 24 * 31]) };
  if (roll < 56) return { kind: "preview", amount: 1 + random.below(60), feature: makeFeature(random) };
  if (roll < 59) return { kind: "extend", hold: named(random, chance, "holds") };
  if (roll < 67) return { kind: "reverse", entry: named(random, chance, "spends"), amount: maybeAmount(random) };
  if (roll < 71) return { kind: "void", lot: named(random, chance, "lots") };
  if (roll < 78) return { kind: random.pick(["add", "remove"]), amount: 1 + random.below(30) };
  if (roll < 81) return { kind: "writeOff", amount: maybeAmount(random) };
  if (roll < 87) return makePolicy(random);
  if (roll < 88) return { kind: "alert", lowAt: random.pick([null, 5, 20, 60]) };
  if (roll < 91) return { kind: "gate", gate: random.pick(["open", "open", "open", "frozen", "suspended", "closed"]) };
  if (roll < 95) return { kind: "transfer", amount: 1 + random.below(25) };
  const operations = Array.from({ length: 1 + random.below(4) }, () => makeOperation(random, chance));
  return { kind: "batch", operations };
}

function makeOperation(random: SeededRandom, chance: Chance): Operation {
  const roll = random.below(10);
  if (roll < 5) return { kind: "consume", amount: 1 + random.below(40), feature: makeFeature(random) };
  if (roll < 7) return { kind: "authorize", amount: 1 + random.below(30), feature: makeFeature(random) };
  if (roll === 7) return { kind: "capture", hold: named(random, chance, "holds"), amount: maybeAmount(random) };
  if (roll === 8) return { kind: "capture", hold: named(random, chance, "holds"), amount: 1 + random.below(40) };
  return random.below(2) === 0
    ? { kind: "release", hold: named(random, chance, "holds") }
    : { kind: "transfer", amount: 1 + random.below(12) };
}

function makePolicy(random: SeededRandom): Draft {
  const roll = random.below(4);
  if (roll === 0) return { kind: "policy", overdraft: random.pick([0, 10, 25]) };
  if (roll === 3) return { kind: "policy", collects: random.below(3) === 0 };
  return roll === 1
    ? { kind: "policy", blocks: random.below(4) === 0 }
    : { kind: "policy", transfers: random.below(4) > 0 };
}

function makeGrant(random: SeededRandom, now: number): Draft {
  const inDays = (days: number | null): number | null => (days === null ? null : now + days * DAY_MS);
  const costMinor = random.pick([0, 0, 7, 100]);
  return {
    kind: "grant",
    amount: random.below(60) === 0 ? HUGE : 1 + random.below(30),
    class: random.pick(["promo", "allocation", "pack", "pack"]),
    priority: random.pick([50, 50, 50, 10, 90]),
    scope: random.pick([null, null, null, ["draw"], ["chat", "draw"], ["chat", "code", "draw"]]),
    costMinor,
    currency: costMinor === 0 ? null : random.pick(["EUR", "USD"]),
    startsAt: inDays(random.pick([null, null, null, -40, 1, 30])),
    endsAt: inDays(random.pick([null, null, 31, 40, 65])),
  };
}

const makeFeature = (random: SeededRandom): string | null =>
  random.pick([null, null, ...(Object.keys(FEATURES) as (keyof typeof FEATURES)[])]);
const maybeAmount = (random: SeededRandom): number | null => random.pick([null, 1 + random.below(12)]);

/** The name of something made before, mostly by the same account; rarely something that never was. */
function named(random: SeededRandom, { made, account }: Chance, what: "holds" | "spends" | "lots"): string {
  const own = made[what].filter((thing) => thing.account === account);
  return own.length === 0 || random.below(20) === 0 ? "never" : (own[random.below(own.length)]?.id ?? "never");
}
