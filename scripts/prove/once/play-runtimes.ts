import { setTimeout as pause } from "node:timers/promises";
import { until } from "../until";
import { type Cell, type Made, askUntilAnswered, countCells, letTimePass, prepareWishes } from "./cell";
import { messagesOf } from "./hold-marks";
import { readHits } from "./read-hits";
import type { Runtimes } from "./runtimes";
import type { Stored } from "./stage";
import type { Subject } from "./wish";

/** Longer than it takes to ask for all wishes of a mishap, so that none is done when it happens. */
const WORK_MS = 6_000;
const AT_ONCE_MS = 700;
/** Longer than it takes to take over from a runtime that stands still: its leases last 30 s and are looked at every 10 s. */
const LONG_WORK_MS = 45_000;
const MOMENT_LIMIT_MS = 120_000;
/** A message whose try met the other's waits for the sweep of the next minute, or of the one after. */
const END_LIMIT_MS = 150_000;

/** What happens to two runtimes. */
export interface RuntimeMishap {
  readonly name: string;
  /** How long Stripe is at work with each wish. */
  readonly workMs: number;
  readonly play: (runtimes: Runtimes, made: readonly Made[]) => Promise<void>;
}

/** Both are asked for the same at once. */
export const AT_ONCE: RuntimeMishap = {
  name: "two runtimes, asked at once",
  workMs: AT_ONCE_MS,
  play: async (runtimes, made) => {
    // What is looked up before is slow too, so that both have looked before one of them acts.
    const rules = subjectsOf(made).map(({ work }) => ({
      plane: "api",
      path: work.path,
      effect: { kind: "latency", ms: AT_ONCE_MS },
    }));
    await runtimes.simulator().simulate("faults", { rules });
    await askUntilAnswered(made, runtimes.doors());
  },
};

/** One is killed while Stripe is at work for it; the other takes over. */
export const ONE_KILLED: RuntimeMishap = {
  name: "two runtimes, one killed on the way",
  workMs: WORK_MS,
  play: async (runtimes, made) => {
    const asked = Promise.all(made.map(({ wish }) => wish.ask([runtimes.elder()])));
    await untilAsked(runtimes, made);
    await runtimes.killElder();
    await assertOnTheWay(runtimes, made);
    await letTimePass(made);
    await runtimes.endTurns();
    await askUntilAnswered(made, [runtimes.younger()]);
    await asked;
  },
};

/** One stands still while Stripe works for it, and goes on beside the other that took over after Stripe was done. */
export const ONE_FROZEN: RuntimeMishap = {
  name: "two runtimes, one frozen, the other finds the work done",
  workMs: WORK_MS,
  play: playFrozen,
};

/** The same, but Stripe is still at work for the first when the second asks. */
export const ONE_FROZEN_LONG: RuntimeMishap = {
  name: "two runtimes, one frozen, both ask while Stripe works",
  workMs: LONG_WORK_MS,
  play: playFrozen,
};

async function playFrozen(runtimes: Runtimes, made: readonly Made[]): Promise<void> {
  const asked = Promise.all(made.map(({ wish }) => wish.ask([runtimes.elder()])));
  await untilAsked(runtimes, made);
  const goOn = runtimes.freezeElder();
  try {
    await assertOnTheWay(runtimes, made);
    await letTimePass(made);
    await runtimes.endTurns();
    const others = made.filter(({ subject }) => subject.outboxKind === null);
    const askedElsewhere = askUntilAnswered(others, [runtimes.younger()]);
    const takenOver = (rows: readonly Stored[]): boolean => rows.every(({ tries }) => Number(tries) > 1);
    await until("the other to take over", () => messagesOf(runtimes, made), takenOver, MOMENT_LIMIT_MS);
    goOn();
    await askedElsewhere;
  } finally {
    goOn();
  }
  await asked;
  await askUntilAnswered(made, [runtimes.younger()]);
}

/** Lets a mishap happen to some wishes of each kind at once, and counts what came of them. */
export async function playRuntimes(
  runtimes: Runtimes,
  { name, workMs, play }: RuntimeMishap,
  { subjects, wishes }: { readonly subjects: readonly Subject[]; readonly wishes: number },
): Promise<readonly Cell[]> {
  const startedAt = Date.now();
  const made = await prepareWishes(runtimes, subjects, wishes);
  await slowWork(runtimes, made, workMs);
  await play(runtimes, made);
  await runtimes.simulator().simulate("faults", {});
  // What somebody still asks Stripe in this moment is done after this time, and has to be counted.
  await pause(workMs);
  const cells = await countCells(runtimes, made, { mishap: name, startedAt, limitMs: END_LIMIT_MS });
  await runtimes.refill();
  return cells;
}

/** Throws: an Error when the mishap came too late for a message, so that the cell would prove nothing. */
async function assertOnTheWay(runtimes: Runtimes, made: readonly Made[]): Promise<void> {
  const late = (await messagesOf(runtimes, made)).filter(({ state }) => state !== "pending");
  if (late.length > 0) throw new Error(`The mishap was missed by ${late.map(({ _id }) => _id).join()}`);
}

const subjectsOf = (made: readonly Made[]): readonly Subject[] => [...new Set(made.map(({ subject }) => subject))];

async function slowWork(runtimes: Runtimes, made: readonly Made[], ms: number): Promise<void> {
  const rules = subjectsOf(made).map(({ work }) => ({ plane: "api", ...work, effect: { kind: "latency", ms } }));
  await runtimes.simulator().simulate("faults", { rules });
}

/** Waits until Stripe was asked for everything. */
async function untilAsked(runtimes: Runtimes, made: readonly Made[]): Promise<void> {
  const subjects = subjectsOf(made);
  const missing = async (): Promise<readonly string[]> => {
    const hits = await readHits(runtimes);
    return subjects.flatMap((subject, index) => {
      const wanted = subject.callers * made.filter((one) => one.subject === subject).length;
      return (hits[index] ?? 0) >= wanted ? [] : [`${subject.name}: ${hits[index]} of ${wanted} calls`];
    });
  };
  await until("Stripe to be asked", missing, (lines) => lines.length === 0, MOMENT_LIMIT_MS);
}
