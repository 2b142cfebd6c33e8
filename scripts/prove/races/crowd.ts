/** An answer as the front door gives it. */
export type Answer = Readonly<Record<string, unknown>>;

/** One call of a race: which runtime it goes to, and what it asks under its key. */
export interface RaceCall {
  readonly make: () => Promise<Answer>;
  readonly key: string;
}

/** What became of a call: the first answer, and the one after repeating it while it was told to come again. */
export interface Decided {
  readonly key: string;
  readonly answer: Answer;
  readonly repeats: number;
}

const MAX_REPEATS = 50;
const AT_ONCE_WHEN_REPEATING = 16;

/** Makes all calls at once; those that were told `contention` or `outcome_unknown` come again with their key until they are decided. */
export async function race(calls: readonly RaceCall[]): Promise<readonly Decided[]> {
  const first = await Promise.all(calls.map(({ make }) => answerOf(make)));
  const decided: Decided[] = [];
  const waiting = calls.map((call, index) => ({ call, answer: first[index] ?? {} }));
  const settle = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      let { answer } = next;
      let repeats = 0;
      while (answer["retryable"] === true && repeats < MAX_REPEATS) {
        repeats += 1;
        answer = await answerOf(next.call.make);
      }
      decided.push({ key: next.call.key, answer, repeats });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE_WHEN_REPEATING }, settle));
  return decided.sort((left, right) => (left.key < right.key ? -1 : 1));
}

async function answerOf(make: () => Promise<Answer>): Promise<Answer> {
  try {
    return await make();
  } catch (error) {
    return { ok: false, code: "thrown", message: error instanceof Error ? error.message : String(error) };
  }
}

/** How often each code was the last word; a success is `ok`. */
export function codesOf(decided: readonly Decided[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { answer } of decided) {
    const code = answer["ok"] === true ? "ok" : String(answer["code"]);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

/** Repeats all calls with their keys: a success must come again word for word as a replay, a refusal with its code. */
export async function changedWhenRepeated(
  calls: readonly RaceCall[],
  decided: readonly Decided[],
): Promise<readonly string[]> {
  const again = new Map((await race(calls)).map(({ key, answer }) => [key, answer]));
  return decided.flatMap(({ key, answer }) => {
    const repeated = again.get(key) ?? {};
    const isSame =
      answer["ok"] === true
        ? inOneOrder({ ...answer, replayed: true }) === inOneOrder(repeated)
        : answer["code"] === repeated["code"];
    return isSame ? [] : [`${key}: first ${inOneOrder(answer)}, then ${inOneOrder(repeated)}`];
  });
}

function inOneOrder(answer: Answer): string {
  return JSON.stringify(Object.fromEntries(Object.entries(answer).sort(([left], [right]) => (left < right ? -1 : 1))));
}
