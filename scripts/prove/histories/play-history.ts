import { ReferenceModel } from "../../../tests/model/reference-model";
import type { Facts, Name, Step } from "../../../tests/model/steps";
import { FrontDoor, type Players, pick, pickResult } from "./front-door";

const HOUR_MS = 3_600_000;
const BOTH: readonly Name[] = ["a", "b"];

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
  let now = await players.advance(0);
  let refusals = 0;
  for (const account of BOTH) {
    // Wallets are made by what first touches them; a gate needs them to be there.
    await door.play({ kind: "policy", transfers: false, id: "open", account, key: "open" });
  }
  for (const [index, step] of steps.entries()) {
    if (step.kind === "wait") now += step.hours * HOUR_MS;
    const expected = model.run(step, now);
    const found = rename(door, await door.play(step), worded(step, expected));
    if (expected["ok"] === false) refusals += 1;
    const difference = differs(step, "answer", worded(step, expected), found);
    if (difference !== null) return { answers: index, refusals, difference };
    for (const name of BOTH) {
      const facts = model.balance(name);
      const balance = shown(door, await door.balance(name), facts);
      const wrong = differs(step, `balance of ${name}`, facts, balance);
      if (wrong !== null) return { answers: index, refusals, difference: wrong };
      moments.push({ at: now, name, facts });
    }
  }
  const difference = (await comparePast(door, steps, moments)) ?? (await compareWarnings(door, steps, model));
  return { answers: steps.length, refusals, difference };
}

/** Looks back at a few moments: of those that share their instant at the last one, after which time went on. */
async function comparePast(
  door: FrontDoor,
  steps: readonly Step[],
  moments: readonly Moment[],
): Promise<Difference | null> {
  const last = steps[steps.length - 1];
  for (const name of BOTH) {
    const own = moments.filter((moment) => moment.name === name);
    const apart = own.filter(({ at }, index) => at < (own[index + 1]?.at ?? 0));
    for (const moment of apart.filter((_, index) => index % 3 === 1)) {
      const past = shown(door, await door.balance(name, new Date(moment.at)), moment.facts);
      const wrong = last === undefined ? null : differs(last, `balance of ${name} at ${moment.at}`, moment.facts, past);
      if (wrong !== null) return wrong;
    }
  }
  return null;
}

/** Whether each wallet warned of a low balance as often as the rules say. */
async function compareWarnings(
  door: FrontDoor,
  steps: readonly Step[],
  model: ReferenceModel,
): Promise<Difference | null> {
  const last = steps[steps.length - 1];
  for (const name of BOTH) {
    const found = await door.warnings(name);
    const wrong = last === undefined ? null : differs(last, `warnings of ${name}`, model.warnings(name), found);
    if (wrong !== null) return wrong;
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
