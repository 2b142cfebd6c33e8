import type { VerifyAnswer } from "../../../functions-src/lib/contract";
import { type Door, type Stage, signInOperator } from "./stage";
import type { Outcome, Subject, Wish } from "./wish";

const ANSWER_LIMIT_MS = 30_000;
const END_LIMIT_MS = 30_000;

/** What one mishap came to for one kind of wish. Holds for a cell that is green: `wrong` is empty. */
export interface Cell {
  readonly mishap: string;
  readonly subject: Subject["name"];
  readonly wishes: number;
  readonly atStripe: number;
  readonly inBooks: number;
  readonly ended: number;
  readonly wrong: readonly string[];
  readonly elapsedMs: number;
}

/** A wish with its kind. */
export interface Made {
  readonly subject: Subject;
  readonly wish: Wish;
}

/** Prepares some wishes of each kind. */
export async function prepareWishes(stage: Stage, subjects: readonly Subject[], count: number): Promise<Made[]> {
  const made: Made[] = [];
  for (const subject of subjects) {
    for (let index = 0; index < count; index += 1) made.push({ subject, wish: await subject.prepare(stage) });
  }
  return made;
}

/** Lets happen what may happen between two tries. */
export async function letTimePass(made: readonly Made[]): Promise<void> {
  await Promise.all(made.flatMap(({ wish }) => wish.meanwhile?.() ?? []));
}

/** Repeats every wish with its keys until no call fails; calls that still fail at the end show in the outcome. */
export async function askUntilAnswered(made: readonly Made[], doors: readonly Door[]): Promise<void> {
  const endsAt = Date.now() + ANSWER_LIMIT_MS;
  const ask = async ({ wish }: Made): Promise<void> => {
    let failures = await wish.ask(doors);
    while (failures.length > 0 && Date.now() < endsAt) failures = await wish.ask(doors);
  };
  await Promise.all(made.map(ask));
}

/** Waits for the outcome of every wish and checks the books; one cell for each kind. */
export async function countCells(
  stage: Stage,
  made: readonly Made[],
  {
    mishap,
    startedAt,
    limitMs = END_LIMIT_MS,
  }: { readonly mishap: string; readonly startedAt: number; readonly limitMs?: number },
): Promise<readonly Cell[]> {
  const endsAt = Date.now() + limitMs;
  const outcomes = await Promise.all(
    made.map(async ({ subject, wish }) => ({ subject, outcome: await outcomeOf(wish, endsAt) })),
  );
  const problems = await problemsOfBooks(stage);
  return [...new Set(made.map(({ subject }) => subject))].map((subject) => {
    const own = outcomes.filter((one) => one.subject === subject).map(({ outcome }) => outcome);
    return {
      mishap,
      subject: subject.name,
      wishes: own.length,
      atStripe: sum(own.map(({ atStripe }) => atStripe)),
      inBooks: sum(own.map(({ inBooks }) => inBooks)),
      ended: own.filter(({ isEnded }) => isEnded).length,
      wrong: [...own.flatMap(wrongOf), ...problems],
      elapsedMs: Date.now() - startedAt,
    };
  });
}

/** The outcome when it is as it should be, else the last one that was seen. */
async function outcomeOf(wish: Wish, endsAt: number): Promise<Outcome> {
  let outcome = await wish.count();
  while (isUnfinished(outcome) && Date.now() < endsAt) outcome = await wish.count();
  return outcome;
}

/** What came twice does not go away by waiting. */
function isUnfinished(outcome: Outcome): boolean {
  return wrongOf(outcome).length > 0 && outcome.atStripe <= 1 && outcome.inBooks <= 1;
}

function wrongOf({ atStripe, inBooks, isEnded, wrong }: Outcome): readonly string[] {
  return [
    ...(atStripe === 1 ? [] : [`${atStripe} at Stripe`]),
    ...(inBooks === 1 ? [] : [`${inBooks} in our books`]),
    ...(isEnded ? [] : ["not marked as done"]),
    ...wrong,
  ];
}

async function problemsOfBooks(stage: Stage): Promise<readonly string[]> {
  const [door] = stage.doors();
  const operator = await signInOperator(stage, door);
  const { ok, problems } = (await operator.callFunction("admin/verify", {})) as VerifyAnswer;
  return ok ? [] : [`books: ${JSON.stringify(problems)}`];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
