/** Something to measure: one call is one operation. */
export interface Task {
  readonly name: string;
  /** The task whose speed this one is compared with. */
  readonly ratioTo: string | undefined;
  readonly run: () => Promise<unknown>;
}

/** What was measured. Units: `ratio` is operations per second over those of `ratioTo`. */
export interface Row {
  readonly name: string;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly ratioTo: string | null;
  readonly ratio: number | null;
}

/** How long is measured, and how many calls are under way at once. */
export interface Effort {
  readonly inFlight: number;
  readonly rounds: number;
  readonly sliceMs: number;
}

interface Slice {
  readonly opsPerSecond: number;
  readonly latenciesMs: readonly number[];
}

/**
 * Measures tasks in turn, slice by slice, so that whatever else the machine does meets all of them alike; each gets a slice first that is not
 * counted. The speed of a task is the median of its slices.
 */
export async function measure(tasks: readonly Task[], effort: Effort): Promise<Row[]> {
  const slices = new Map<string, Slice[]>(tasks.map((task) => [task.name, []]));
  for (let round = 0; round <= effort.rounds; round += 1) {
    for (const task of tasks) {
      const slice = await runSlice(task, effort);
      if (round > 0) slices.get(task.name)?.push(slice);
    }
  }
  const speedOf = (name: string): number => median((slices.get(name) ?? []).map((slice) => slice.opsPerSecond));
  return tasks.map(({ name, ratioTo }) => {
    const latencies = (slices.get(name) ?? []).flatMap((slice) => slice.latenciesMs).sort((a, b) => a - b);
    const opsPerSecond = speedOf(name);
    return {
      name,
      opsPerSecond: Math.round(opsPerSecond),
      p50Ms: rounded(quantile(latencies, 0.5)),
      p99Ms: rounded(quantile(latencies, 0.99)),
      ratioTo: ratioTo ?? null,
      ratio: ratioTo === undefined ? null : rounded(opsPerSecond / speedOf(ratioTo)),
    };
  });
}

async function runSlice(task: Task, { inFlight, sliceMs }: Effort): Promise<Slice> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + sliceMs;
  const work = async (): Promise<void> => {
    for (let now = performance.now(); now < endsAt;) {
      await task.run();
      const after = performance.now();
      latenciesMs.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return { opsPerSecond: (latenciesMs.length / (performance.now() - startedAt)) * 1000, latenciesMs };
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
