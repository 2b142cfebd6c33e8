import { join } from "node:path";
import { MongoClient } from "mongodb";
import { App, Credentials, type User } from "realm-web";
import { startAppServices, type AppServices, type AppServicesOptions } from "../../../platform/app-services";
import { startMongodb, type Mongodb } from "../../../platform/mongodb";

export const FIXTURE = join(__dirname, "fixture-app");
export const SECRETS = { "api-secret": "value-of-api-secret", "hook-secret": "value-of-hook-secret" };
export const SERVER_KEY = "key-of-the-operator-0123456789";

type LogLine = Readonly<Record<string, unknown>>;

/** Keeps the log lines of a runtime and lets a test wait for one. */
export class LogWatch {
  readonly lines: LogLine[] = [];
  private readonly listeners = new Set<() => void>();

  readonly sink = (line: string): void => {
    this.lines.push(JSON.parse(line));
    for (const listener of this.listeners) listener();
  };

  /** Resolves once `count` lines fit; the test's own time limit is the only bound. */
  waitFor(wanted: LogLine, count = 1): Promise<readonly LogLine[]> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.lines.filter((line) => Object.entries(wanted).every(([key, value]) => line[key] === value));
        if (found.length < count) return;
        this.listeners.delete(look);
        resolve(found);
      };
      this.listeners.add(look);
      look();
    });
  }
}

export interface RuntimeUnderTest {
  readonly runtime: AppServices;
  readonly log: LogWatch;
  newApp(): App;
  /** A registered user on a device of its own. */
  newUser(email?: string): Promise<User>;
  /** An anonymous user: costs no password hash, for tests that do not care how somebody logged in. */
  newVisitor(): Promise<User>;
}

/** A database and the runtimes a test started on it; all are stopped by `close`. */
export class TestBed {
  private readonly runtimes: AppServices[] = [];

  private constructor(
    readonly mongodb: Mongodb,
    readonly client: MongoClient,
  ) {}

  static async open(): Promise<TestBed> {
    const mongodb = await startMongodb({ port: 0, dataDir: ":memory:" });
    const client = new MongoClient(mongodb.uri);
    await client.connect();
    return new TestBed(mongodb, client);
  }

  shop(collection: string) {
    return this.client.db("shop").collection<Record<string, unknown>>(collection);
  }

  own(collection: string) {
    return this.client.db("app_services").collection<Record<string, unknown>>(collection);
  }

  async start(options: Partial<AppServicesOptions> = {}): Promise<RuntimeUnderTest> {
    const log = new LogWatch();
    const runtime = await startAppServices({
      tree: FIXTURE,
      mongodbUri: this.mongodb.uri,
      port: 0,
      secrets: SECRETS,
      serverApiKeys: [{ name: "operator", key: SERVER_KEY }],
      log: log.sink,
      ...options,
    });
    this.runtimes.push(runtime);
    const newApp = (): App => new App({ id: runtime.appId, baseUrl: runtime.baseUrl, storage: new MemoryStorage() });
    return {
      runtime,
      log,
      newApp,
      newUser: (email) => newUser(newApp(), email),
      newVisitor: () => newApp().logIn(Credentials.anonymous()),
    };
  }

  /** Also ends what a failed test left behind, so that it cannot disturb the next one. */
  async closeRuntimes(): Promise<void> {
    await Promise.all(this.runtimes.splice(0).map((runtime) => runtime.close()));
  }

  async close(): Promise<void> {
    await this.closeRuntimes();
    await this.client.close();
    await this.mongodb.close();
  }
}

let made = 0;
export const PASSWORD = "correct horse battery";

async function newUser(app: App, email?: string): Promise<User> {
  made += 1;
  const name = email ?? `user-${made}@example.test`;
  await app.emailPasswordAuth.registerUser({ email: name, password: PASSWORD });
  return app.logIn(Credentials.emailPassword(name, PASSWORD));
}

/** realm-web keeps its users process-wide in Node; each app of a test gets its own. */
class MemoryStorage {
  private readonly values = new Map<string, string>();

  get(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  set(key: string, value: string): void {
    this.values.set(key, value);
  }

  remove(key: string): void {
    this.values.delete(key);
  }

  prefix(part: string): PrefixedStorage {
    return new PrefixedStorage(this, part);
  }

  clear(prefix = ""): void {
    for (const key of this.values.keys()) if (key.startsWith(prefix)) this.values.delete(key);
  }

  addListener(): void {}

  removeListener(): void {}
}

class PrefixedStorage {
  constructor(
    private readonly inner: MemoryStorage | PrefixedStorage,
    private readonly part: string,
  ) {}

  get(key: string): string | null {
    return this.inner.get(`${this.part}:${key}`);
  }

  set(key: string, value: string): void {
    this.inner.set(`${this.part}:${key}`, value);
  }

  remove(key: string): void {
    this.inner.remove(`${this.part}:${key}`);
  }

  prefix(part: string): PrefixedStorage {
    return new PrefixedStorage(this, part);
  }

  clear(prefix = ""): void {
    this.inner.clear(`${this.part}:${prefix}`);
  }

  addListener(): void {}

  removeListener(): void {}
}

/** Sends a raw request to the client API. */
export async function send(
  url: string,
  options: {
    readonly method?: string;
    readonly token?: string;
    readonly body?: unknown;
    readonly headers?: Record<string, string>;
  } = {},
): Promise<{
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}> {
  const { method = "GET", token, body, headers = {} } = options;
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json: Record<string, unknown> = response.headers.get("content-type")?.startsWith("application/json")
    ? JSON.parse(text)
    : {};
  return { status: response.status, headers: response.headers, text, json };
}
