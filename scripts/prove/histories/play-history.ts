import { ReferenceModel } from "../../../tests/model/reference-model";
import type { Facts, Name, Step } from "../../../tests/model/steps";
import { FrontDoor, type Players, pick, pickResult } from "./front-door";

/** Where model and product told different things. */
export interface Difference {
  readonly step: Step;
  readonly what: string;
  readonly model: unknown;
  readonly product: unknown;
}

/** What a history came to. */
export interface Played {
  readonly answers: number;
  readonly refusals: number;
  readonly difference: Difference | null;
}

interface Moment {
  /** When the step began that led to it. */
  readonly startedAt: number;
  readonly at: number;
  readonly name: Name;
  readonly facts: Facts;
}

/**
 * Plays a history on a fresh unit through the front door and through the model, and compares every answer, every balance,
 * and at the end some balances as of past moments. Ends at the first difference.
 */
export async function playHistory(players: Players, unit: string, steps: readonly Step[]): Promise<Played> {
  const model = new ReferenceModel();
  const door = new FrontDoor(players, unit);
  const moments: Moment[] = [];
  let refusals = 0;
  for (const account of ["a", "b"] as const) {
    // Wallets are made by what first touches them; a gate needs them to be there.
    await door.play({ kind: "policy", transfers: false, id: "open", account, key: "open" });
  }
  for (const [index, step] of steps.entries()) {
    if (model.isUndecided(step)) continue;
    const now = Date.now();
    const expected = model.run(step, now);
    const found = rename(door, await door.play(step), worded(step, expected));
    if (expected["ok"] === false) refusals += 1;
    const difference = differs(step, "answer", worded(step, expected), found);
    if (difference !== null) return { answers: index, refusals, difference };
    for (const name of step.kind === "transfer" ? (["a", "b"] as const) : [step.account]) {
      const facts = model.balance(name, Date.now());
      const balance = shown(door, await door.balance(name), facts);
      const wrong = differs(step, `balance of ${name}`, facts, balance);
      if (wrong !== null) return { answers: index, refusals, difference: wrong };
      moments.push({ startedAt: now, at: Date.now(), name, facts });
    }
  }
  return { answers: steps.length, refusals, difference: await comparePast(door, steps, moments) };
}

/** Looks back at a few moments; one that shares its millisecond with a later change cannot be told apart and is left out. */
async function comparePast(
  door: FrontDoor,
  steps: readonly Step[],
  moments: readonly Moment[],
): Promise<Difference | null> {
  const last = steps[steps.length - 1];
  for (const name of ["a", "b"] as const) {
    const own = moments.filter((moment) => moment.name === name);
    const apart = own.filter(({ at }, index) => at < (own[index + 1]?.startedAt ?? 0));
    for (const moment of apart.filter((_, index) => index % 9 === 4)) {
      const past = shown(door, await door.balance(name, new Date(moment.at)), moment.facts);
      const wrong = last === undefined ? null : differs(last, `balance of ${name} at ${moment.at}`, moment.facts, past);
      if (wrong !== null) return wrong;
    }
  }
  return null;
}

/** The model's answer without what the front door does not say. */
function worded(step: Step, answer: Facts): Facts {
  if (answer["ok"] === false) return answer;
  const results = answer["results"] as readonly Facts[] | undefined;
  return {
    ...pick(step.kind, answer),
    ...(results === undefined
      ? {}
      : { results: results.map((result) => ({ kind: result["kind"], ...pickResult(result) })) }),
  };
}

/** Gives the lots of an answer the names of the model. */
function rename(door: FrontDoor, answer: Facts, expected: Facts): Facts {
  const lines = (found: unknown, wanted: unknown): unknown =>
    Array.isArray(found)
      ? found.map((line: Facts, index) => {
          const named: unknown = Array.isArray(wanted) ? (wanted[index] as Facts | undefined)?.["lot"] : undefined;
          return { lot: door.nameOf(line["lotId"], named), class: line["class"], amount: line["amount"] };
        })
      : found;
  const results = answer["results"];
  const wanted = (expected["results"] ?? []) as readonly Facts[];
  return {
    ...answer,
    ...("receipt" in answer ? { receipt: lines(answer["receipt"], expected["receipt"]) } : {}),
    ...(Array.isArray(results)
      ? { results: results.map((result: Facts, index) => rename(door, result, wanted[index] ?? {})) }
      : {}),
  };
}

function shown(door: FrontDoor, balance: Facts, expected: Facts): Facts {
  const { available, pending, frozen, held, debt, seq } = balance;
  const wanted = expected["lots"] as readonly Facts[];
  const lots = (balance["lots"] as readonly Facts[]).map((lot, index) => ({
    lot: door.nameOf(lot["lotId"], wanted[index]?.["lot"]),
    class: lot["class"],
    granted: lot["granted"],
    remaining: lot["remaining"],
    held: lot["held"],
  }));
  return { available, pending, frozen, held, debt, seq, lots };
}

function differs(step: Step, what: string, model: unknown, product: unknown): Difference | null {
  return inOneOrder(model) === inOneOrder(product) ? null : { step, what, model, product };
}

/** Facts as text, fields by name: facts cross realms and the wire, so objects cannot be compared as they are. */
function inOneOrder(facts: unknown): string {
  return JSON.stringify(facts, (_name, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : value,
  );
}
