/** One key that servers and operators log in with; it becomes a user of type "server" named after it. */
export interface ServerApiKey {
  readonly name: string;
  /** At least 16 characters. Stored as a hash only. */
  readonly key: string;
}

/** What moves with the test clock, such as a simulator of a service that functions call. */
export interface ClockFollower {
  /** Called before the clock moves: ends what still belongs to the old time. */
  beforeMove(): Promise<void>;
  /** Called when the clock stands at its new time, before any scheduled trigger runs. */
  afterMove(now: Date): Promise<void>;
}

/** A clock that stands still until `POST <baseUrl>/_dev/clock/advance` moves it; for development and tests only. */
export interface TestClockOptions {
  /** Where it stands at the first start, from 1970-01-02 to the year 9999; default: the machine's time. Later starts go on from where it stood. */
  readonly startAt?: Date;
  readonly follower?: ClockFollower;
}

export interface AppServicesOptions {
  /** Folder of an App Services app tree, in either dialect. */
  readonly tree: string;
  /** The database every data source of the tree stands for; a replica set or sharded cluster. */
  readonly mongodbUri: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** Default "127.0.0.1". */
  readonly host?: string;
  /** Default: `app_id` of the tree, else its name. */
  readonly appId?: string;
  /** Origin under which clients reach the runtime, when it is not the address it listens on. */
  readonly publicUrl?: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly serverApiKeys?: readonly ServerApiKey[];
  /** Function worker threads; default 2. */
  readonly workers?: number;
  /** Longest a function may run; default 300 s. */
  readonly functionTimeLimitMs?: number;
  /** Heap of one function worker; default 350 MB. */
  readonly functionMemoryLimitMb?: number;
  /** How long another runtime must have been silent before its triggers are taken over; default 30 s. */
  readonly triggerLeaseMs?: number;
  /** Default: time passes by itself, and nothing can move it. */
  readonly testClock?: TestClockOptions;
  /** Gets each log line, a JSON object as text; default: no log. */
  readonly log?: (line: string) => void;
}

/** A runtime that serves its tree. */
export interface AppServices {
  readonly baseUrl: string;
  readonly appId: string;
  /** Stops accepting, lets running calls finish (at most 8 s), stops triggers after the running one. Again = the same promise. */
  close(): Promise<void>;
}
