import { MongoClient } from "mongodb";
import { App, Credentials, type User } from "realm-web";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import type { BalanceAnswer, Me, VerifyAnswer } from "../../functions-src/lib/contract";
import { buildApp } from "../build/build-app";
import { applySchema } from "../db/apply-schema";
import { startMongodbProcess } from "./mongodb-process";
import { type ProductProcess, startProductProcess } from "./product-process";
import { type Answer, type Decided, type RaceCall, changedWhenRepeated, codesOf, race } from "./races/crowd";

const PERSON = { email: "racer@example.org", password: "correct horse" };
/** The operator's key of runtimes beside others. */
export const ADMIN_KEY = "tk_admin_of_the_races_0000000000";
const RUNTIMES = 3;

/** A runtime that takes part; all work on one database. */
export interface Runtime {
  readonly baseUrl: string;
  readonly appId: string;
  readonly mongodbUri: string;
  readonly adminKey: string;
}

/** What one race came to. Holds for a race that was fair: `wrong` is empty. */
export interface RaceResult {
  readonly name: string;
  readonly codes: Readonly<Record<string, number>>;
  /** Calls that had to come again because the wallet was busy. */
  readonly repeated: number;
  readonly elapsedMs: number;
  readonly wrong: readonly string[];
}

/** Variables of a runtime beside others on a database of its own. */
export function runtimeVariables(mongodbUri: string): Readonly<Record<string, string>> {
  return {
    PORT: "0",
    DATA_DIR: ":memory:",
    MONGODB_URI: mongodbUri,
    TOLLKEEPER_ADMIN_KEY: ADMIN_KEY,
    TOLLKEEPER_IDENTITY_KEY: "an identity key that three runtimes share",
  };
}

/** Runs the proof from the command line: 1000 calls from three processes. Returns: whether it holds. */
export async function racesProof(): Promise<boolean> {
  await buildApp();
  const database = await startMongodbProcess(":memory:");
  const processes: ProductProcess[] = [];
  try {
    await prepareSchema(database.uri);
    const variables = runtimeVariables(database.uri);
    for (let index = 0; index < RUNTIMES; index += 1) processes.push(await startProductProcess(variables));
    // The line of a start does not repeat a key that was given.
    const runtimes = processes.map((running) => ({ ...running, adminKey: ADMIN_KEY }));
    const results = await proveRaces(runtimes, { calls: 1000, report: (line) => console.log(line) });
    console.log(JSON.stringify(results));
    return results.every(({ wrong }) => wrong.length === 0);
  } finally {
    for (const running of processes) await running.kill();
    await database.kill();
  }
}

/** Makes the collections before the runtimes start: they only compare the schema of a database that is not theirs. */
export async function prepareSchema(mongodbUri: string): Promise<void> {
  const client = await MongoClient.connect(mongodbUri);
  try {
    await applySchema(client, { mode: "apply", prune: false });
  } finally {
    await client.close();
  }
}

interface Field {
  /** The person, signed in at each runtime. */
  readonly racers: readonly User[];
  readonly operator: User;
  readonly accounts: readonly string[];
  readonly calls: number;
  readonly report: (line: string) => void;
}

/** Races spends, holds, and transfers in a ring through several runtimes on one database. */
export async function proveRaces(
  runtimes: readonly Runtime[],
  options: { readonly calls: number; readonly report: (line: string) => void },
): Promise<readonly RaceResult[]> {
  const [home] = runtimes;
  if (home === undefined) throw new Error("A race needs a runtime");
  const client = await MongoClient.connect(home.mongodbUri);
  try {
    const field = { ...(await prepareField(runtimes, client)), ...options };
    const results = [await raceSpends(field), await raceHolds(field), await raceTransfers(field)];
    const verified = (await field.operator.callFunction("admin/verify", {})) as VerifyAnswer;
    const books = { name: "books", codes: {}, repeated: 0, elapsedMs: 0 };
    return [...results, { ...books, wrong: verified.problems.map((problem) => JSON.stringify(problem)) }];
  } finally {
    await client.close();
  }
}

async function raceSpends(field: Field): Promise<RaceResult> {
  const tokens = field.calls / 2;
  await grant(field, { unit: "spends", amount: tokens });
  const calls = many(field, (user, index) => ({
    key: keyOf("spend", index),
    make: () => ask(user, "wallet/consume", { ...own(field), unit: "spends", key: keyOf("spend", index), amount: 1 }),
  }));
  return run(field, "spends", calls, async (decided) => [
    ...expectCodes(decided, { ok: tokens, insufficient_tokens: tokens }),
    ...decided.flatMap(({ key, answer }) =>
      answer["ok"] === true || (answer["missing"] === 1 && answer["available"] === 0) ? [] : [`${key} was told wrong`],
    ),
    ...expectEqual("balance", await balanceOf(field, 0, "spends"), { available: 0, held: 0, debt: 0 }),
  ]);
}

/** Sets units aside in a crowd, then lets two runtimes end every hold at once, one by capture and one by release. */
async function raceHolds(field: Field): Promise<RaceResult> {
  const tokens = field.calls / 2;
  await grant(field, { unit: "holds", amount: tokens });
  const calls = many(field, (user, index) => ({
    key: keyOf("hold", index),
    make: () => ask(user, "wallet/authorize", { ...own(field), unit: "holds", key: keyOf("hold", index), amount: 1 }),
  }));
  let holdIds: readonly string[] = [];
  const opened = await run(field, "holds", calls, async (decided) => {
    holdIds = decided.flatMap(({ answer }) => (answer["ok"] === true ? [String(answer["holdId"])] : []));
    const balance = await balanceOf(field, 0, "holds");
    return [
      ...expectCodes(decided, { ok: tokens, insufficient_tokens: tokens }),
      ...expectEqual("balance", balance, { available: 0, held: tokens, debt: 0 }),
    ];
  });
  const ends = holdIds.flatMap((holdId, index) =>
    ["capture", "release"].map((kind, turn): RaceCall => {
      const key = keyOf(`end-${kind}`, index);
      const user = field.racers[(index + turn) % field.racers.length] ?? field.operator;
      return { key, make: () => ask(user, `wallet/${kind}`, { ...own(field), holdId, key }) };
    }),
  );
  const ended = await run(field, "ends of holds", ends, async (decided) => {
    const captured = decided.filter(({ key, answer }) => key.startsWith("end-capture") && answer["ok"] === true).length;
    const balance = await balanceOf(field, 0, "holds");
    return [
      ...expectCodes(decided, { ok: tokens, hold_not_open: tokens }),
      ...expectEqual("balance", balance, { available: tokens - captured, held: 0, debt: 0 }),
    ];
  });
  const wrong = [...opened.wrong, ...ended.wrong];
  return {
    ...opened,
    codes: { ...opened.codes, ...prefixed(ended.codes) },
    repeated: opened.repeated + ended.repeated,
    wrong,
  };
}

const prefixed = (codes: Readonly<Record<string, number>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(codes).map(([code, count]) => [`end_${code}`, count]));

/** Every account of a ring sends single units to the next; each starts with fewer than it is asked to send. */
async function raceTransfers(field: Field): Promise<RaceResult> {
  const tokens = Math.floor(field.calls / 10);
  for (const account of field.accounts.keys()) {
    await grant(field, { unit: "ring", amount: tokens, account, more: { class: "pack" } });
    const accountId = field.accounts[account];
    const policy = { transfers: true, transferWaitDays: 0, reason: "a race" };
    await ask(field.operator, "admin/policy", { accountId, unit: "ring", ...policy });
  }
  const size = field.accounts.length;
  const calls = many(field, (user, index) => {
    const [accountId, toAccountId] = [field.accounts[index % size], field.accounts[(index + 1) % size]];
    const key = keyOf("move", index);
    return { key, make: () => ask(user, "wallet/transfer", { accountId, toAccountId, unit: "ring", key, amount: 1 }) };
  });
  return run(field, "transfers in a ring", calls, async (decided) => {
    const strange = Object.keys(codesOf(decided)).filter((code) => code !== "ok" && code !== "insufficient_tokens");
    let sum = 0;
    const wrong: string[] = [];
    for (const account of field.accounts.keys()) {
      const { available } = await balanceOf(field, account, "ring");
      sum += available;
      const sent = decided.filter(({ answer }) => isSentBy(answer, field.accounts[account])).length;
      const got = decided.filter(({ answer }) => isSentBy(answer, field.accounts[(account + size - 1) % size])).length;
      wrong.push(...expectEqual(`balance of ${account}`, available, tokens - sent + got));
    }
    return [...strange.map((code) => `unexpected ${code}`), ...expectEqual("sum", sum, tokens * size), ...wrong];
  });
}

const isSentBy = (answer: Answer, accountId: string | undefined): boolean =>
  answer["ok"] === true && String(answer["entryId"]).startsWith(`${accountId}:`);

async function run(
  field: Field,
  name: string,
  calls: readonly RaceCall[],
  check: (decided: readonly Decided[]) => Promise<readonly string[]>,
): Promise<RaceResult> {
  const startedAt = Date.now();
  const decided = await race(calls);
  const elapsedMs = Date.now() - startedAt;
  const wrong = [...(await check(decided))];
  const isRefusalLasting = name !== "transfers in a ring";
  // In the ring a refused sender may have got units meanwhile, so only what succeeded must come again alike.
  const lasting = isRefusalLasting ? decided : decided.filter(({ answer }) => answer["ok"] === true);
  const keys = new Set(lasting.map(({ key }) => key));
  const repeatable = calls.filter(({ key }) => keys.has(key));
  wrong.push(...(await changedWhenRepeated(repeatable, lasting)));
  const thrown = decided
    .filter(({ answer }) => answer["code"] === "thrown")
    .map(({ answer }) => String(answer["message"]));
  const repeated = decided.filter(({ repeats }) => repeats > 0).length;
  const codes = codesOf(decided);
  field.report(`${name}: ${JSON.stringify(codes)}, ${repeated} came again, ${elapsedMs} ms`);
  return { name, codes, repeated, elapsedMs, wrong: [...wrong, ...thrown].slice(0, 20) };
}

function many(field: Field, make: (user: User, index: number) => RaceCall): readonly RaceCall[] {
  return Array.from({ length: field.calls }, (_, index) =>
    make(field.racers[index % field.racers.length] ?? field.operator, index),
  );
}

const keyOf = (kind: string, index: number): string => `${kind}-${String(index).padStart(5, "0")}`;
const own = ({ accounts }: Field): object => ({ accountId: accounts[0] });
const ask = async (user: User, name: string, argument: object): Promise<Answer> =>
  (await user.callFunction(name, argument)) as Answer;

async function grant(
  field: Field,
  lot: { readonly unit: string; readonly amount: number; readonly account?: number; readonly more?: object },
): Promise<void> {
  const accountId = field.accounts[lot.account ?? 0];
  const terms = { unit: lot.unit, amount: lot.amount, class: "promo", reason: "a race", ...lot.more };
  const answer = await ask(field.operator, "admin/grant", { accountId, key: `seed-${lot.unit}`, ...terms });
  if (answer["ok"] !== true) throw new Error(`The grant was refused: ${String(answer["code"])}`);
}

async function balanceOf(
  field: Field,
  account: number,
  unit: string,
): Promise<{ readonly available: number; readonly held: number; readonly debt: number }> {
  const [user = field.operator] = field.racers;
  const argument = { accountId: field.accounts[account], unit };
  const { available, held, debt } = (await user.callFunction("wallet/balance", argument)) as BalanceAnswer;
  return { available, held, debt };
}

function expectCodes(decided: readonly Decided[], expected: Readonly<Record<string, number>>): readonly string[] {
  return expectEqual("codes", codesOf(decided), expected);
}

function expectEqual(what: string, found: unknown, expected: unknown): readonly string[] {
  const inOrder = (value: unknown): string =>
    typeof value === "object" && value !== null
      ? JSON.stringify(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)))
      : JSON.stringify(value);
  return inOrder(found) === inOrder(expected) ? [] : [`${what}: ${inOrder(found)}, expected ${inOrder(expected)}`];
}

/** Makes the person and the ring of accounts; nothing lets one person own several yet, so memberships are written directly. */
async function prepareField(
  runtimes: readonly Runtime[],
  client: MongoClient,
): Promise<Pick<Field, "racers" | "operator" | "accounts">> {
  const [home] = runtimes;
  if (home === undefined) throw new Error("A race needs a runtime");
  const app = new App({ id: home.appId, baseUrl: home.baseUrl });
  const accounts: string[] = [];
  for (const email of [PERSON.email, "ring-1@example.org", "ring-2@example.org"]) {
    await app.emailPasswordAuth.registerUser({ ...PERSON, email });
    const user = await app.logIn(Credentials.emailPassword(email, PERSON.password));
    accounts.push(((await user.callFunction("account/me", {})) as Me).accounts[0]?.accountId ?? "");
  }
  const racers = await Promise.all(
    runtimes.map(({ appId, baseUrl }) =>
      new App({ id: appId, baseUrl }).logIn(Credentials.emailPassword(PERSON.email, PERSON.password)),
    ),
  );
  const userId = racers[0]?.id ?? "";
  const db = client.db(DATABASE_NAME);
  for (const accountId of accounts) {
    const members = [{ userId, role: "owner" }];
    await db.collection<{ _id: string }>("accounts").updateOne({ _id: accountId }, { $set: { members } });
  }
  const memberships = accounts.map((accountId) => ({ accountId, role: "owner" }));
  await db.collection<{ _id: string }>("users").updateOne({ _id: userId }, { $set: { memberships } });
  const operator = await new App({ id: home.appId, baseUrl: home.baseUrl }).logIn(Credentials.apiKey(home.adminKey));
  return { racers, operator, accounts };
}
