import type { DatabaseTrigger } from "../tree/app-tree";
import { eventTime, type ChangeEvent } from "./change-source";
import { callTrigger, type TriggerCallDeps } from "./trigger-call";
import type { TriggerState } from "./trigger-state";

const UNORDERED_AT_ONCE = 50;
/** An idle stream stores its token this often, so that it does not fall off the end of the server's history. */
const IDLE_SAVE_MS = 10_000;

interface RunningEvent {
  readonly token: unknown;
  isDone: boolean;
}

/**
 * Runs the function for the events of one stream, in their order or side by side.
 *
 * Holds: the stored token never passes an event whose function has not ended.
 */
export class EventDelivery {
  private readonly running: RunningEvent[] = [];
  private readonly tasks = new Set<Promise<void>>();
  private savedAt = Date.now();
  private failure: unknown = null;

  constructor(
    private readonly deps: TriggerCallDeps & { readonly state: TriggerState },
    private readonly trigger: DatabaseTrigger,
    private readonly until: AbortSignal,
  ) {}

  /** Resolves when the next event may come. Throws: what stopped an earlier one, such as a lost lease. */
  async add(event: ChangeEvent): Promise<void> {
    const entry = { token: event._id, isDone: false };
    this.running.push(entry);
    const task = this.run(event, entry)
      .catch((error: unknown) => {
        this.failure ??= error;
      })
      .finally(() => this.tasks.delete(task));
    this.tasks.add(task);
    if (!this.trigger.unordered) await task;
    else if (this.tasks.size >= UNORDERED_AT_ONCE) await Promise.race(this.tasks);
    this.assertSound();
  }

  /** Stores the position of a quiet stream from time to time. */
  async saveIdle(token: unknown): Promise<void> {
    this.assertSound();
    if (this.running.length > 0 || Date.now() - this.savedAt < IDLE_SAVE_MS) return;
    this.savedAt = Date.now();
    await this.deps.state.save({ resumeToken: token });
  }

  /** Resolves when the running functions have ended. */
  async finish(): Promise<void> {
    await Promise.all(this.tasks);
  }

  private async run(event: ChangeEvent, entry: RunningEvent): Promise<void> {
    const { trigger, until: signal } = this;
    // The server dates events by its own machine, whatever clock the runtime goes by.
    const changedAt = eventTime(event);
    const lagMs = changedAt === null ? null : Date.now() - changedAt.getTime();
    entry.isDone = await callTrigger(this.deps, { trigger, args: [event], lagMs, signal });
    let last: RunningEvent | undefined;
    while (this.running[0]?.isDone === true) last = this.running.shift();
    if (last === undefined) return;
    this.savedAt = Date.now();
    await this.deps.state.save({ resumeToken: last.token });
  }

  private assertSound(): void {
    if (this.failure !== null) throw this.failure;
  }
}
