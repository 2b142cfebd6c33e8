import { standingClock } from "../../../../platform/stripe/core/clock";
import type { DueJob } from "../../../../platform/stripe/core/due-jobs";
import { memoryJournal } from "../../../../platform/stripe/core/journal";
import { openStore } from "../../../../platform/stripe/core/store";
import { keepTime } from "../../../../platform/stripe/objects/run-due-jobs";

const NOW = 1_800_000_000;

/** Keeps time over jobs that are taken from a list as they run. */
function run(jobs: (DueJob & { readonly name: string })[]): { readonly log: string[]; readonly next: number | null } {
  const log: string[] = [];
  const keeper = keepTime({
    store: openStore(memoryJournal, 1),
    clock: standingClock({ nowSeconds: () => NOW }),
    providers: [() => jobs],
    committed: () => undefined,
    log: (line) => log.push(line),
  });
  keeper.stop();
  return { log, next: keeper.nextDueAt() };
}

describe("what falls due", () => {
  it("runs in order of time, each at its instant, with what it adds on the way", () => {
    const ran: string[] = [];
    const jobs: (DueJob & { readonly name: string })[] = [];
    const add = (name: string, dueAt: number, then = (): void => undefined): void => {
      const job = {
        name,
        dueAt,
        clock: null,
        run: (_tx: unknown, now: number) => {
          jobs.splice(jobs.indexOf(job), 1);
          ran.push(`${name}@${now - NOW}`);
          then();
        },
      };
      jobs.push(job);
    };
    add("last", NOW);
    add("first", NOW - 9, () => add("added", NOW - 5));
    add("later", NOW + 7);
    expect(run(jobs).next).toBe(NOW + 7);
    expect(ran).toEqual(["first@-9", "added@-5", "last@0"]);
  });

  it("is not held up by a job that fails, which is written to the log", () => {
    const ran: string[] = [];
    const jobs: (DueJob & { readonly name: string })[] = [];
    const sound = { name: "sound", dueAt: NOW - 1, clock: null, run: () => void ran.push(String(jobs.pop()?.name)) };
    const broken = {
      name: "broken",
      dueAt: NOW - 2,
      clock: null,
      run: () => {
        throw new Error("no disk");
      },
    };
    jobs.push(broken, sound);
    expect(run(jobs).log).toEqual([expect.stringContaining("no disk")]);
    expect(ran).toEqual(["sound"]);
  });
});
