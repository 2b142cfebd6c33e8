import { MongoClient } from "mongodb";
import { App, Credentials, type User } from "realm-web";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import type { VerifyAnswer } from "../../functions-src/lib/contract";
import { accountOf, ownBoth } from "../../tests/model/cast";
import type { Step } from "../../tests/model/steps";
import { buildApp } from "../build/build-app";
import { readSettings } from "../start/settings";
import { type Product, startProduct } from "../start/start-product";
import type { Players } from "./histories/front-door";
import { makeHistory } from "./histories/make-history";
import { type Difference, playHistory } from "./histories/play-history";
import { readProofOptions } from "./proof-options";
import { createSeededRandom } from "./seeded-random";

const AT_ONCE = 4;
const STEPS = 40;
const SHRINK_TRIES = 200;

/** A history on which model and product differ, as short as it could be made. */
export interface Disagreement extends Difference {
  readonly seed: number;
  readonly history: readonly Step[];
}

/** What a proof of histories counted. Holds for a passed proof: `disagreement` is null and `verified`. */
export interface HistoriesProof {
  readonly histories: number;
  readonly answers: number;
  readonly refusals: number;
  readonly disagreement: Disagreement | null;
  readonly verified: boolean;
}

/** Runs the proof from the command line: `--rounds` (2000) histories from `--seed` (1) on. Returns: whether it holds. */
export async function historiesProof(given: readonly string[]): Promise<boolean> {
  const { rounds, seed } = readProofOptions(given, { rounds: 2000, seed: 1 });
  await buildApp();
  const product = await startProduct(readSettings({ PORT: "0", DATA_DIR: ":memory:" }), () => undefined);
  try {
    const proof = await proveHistories(product, { rounds, seed, report: (line) => console.log(line) });
    console.log(JSON.stringify(proof, null, proof.disagreement === null ? 0 : 1));
    return proof.disagreement === null && proof.verified;
  } finally {
    await product.close();
  }
}

/**
 * Plays random histories, each with a seed of its own, through the front door of a running product and through the
 * independent model. At the first difference the history is shortened by leaving out steps while some difference stays.
 */
export async function proveHistories(
  product: Pick<Product, "baseUrl" | "appId" | "mongodbUri" | "adminKey">,
  options: { readonly rounds: number; readonly seed: number; readonly report: (line: string) => void },
): Promise<HistoriesProof> {
  const client = await MongoClient.connect(product.mongodbUri);
  try {
    const players = await preparePlayers(product, client);
    const total = { histories: 0, answers: 0, refusals: 0 };
    const failed: number[] = [];
    let next = options.seed;
    const play = async (): Promise<void> => {
      while (next < options.seed + options.rounds && failed.length === 0) {
        const seed = next;
        next += 1;
        const played = await playHistory(players, `h${seed}`, historyOf(seed));
        total.histories += 1;
        total.answers += played.answers;
        total.refusals += played.refusals;
        if (played.difference !== null) failed.push(seed);
        if (total.histories % 100 === 0) options.report(`${total.histories} of ${options.rounds} histories`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, play));
    const [seed] = failed;
    const disagreement = seed === undefined ? null : await shorten(players, seed);
    const verified = (await players.operator.callFunction("admin/verify", {})) as VerifyAnswer;
    return { ...total, disagreement, verified: verified.ok };
  } finally {
    await client.close();
  }
}

function historyOf(seed: number): readonly Step[] {
  return makeHistory(createSeededRandom(seed), STEPS, Date.now());
}

/** Leaves out runs of steps, halving the runs, as long as a difference stays. */
async function shorten(players: Players, seed: number): Promise<Disagreement> {
  let history = historyOf(seed);
  let tries = 0;
  const differenceOf = async (steps: readonly Step[]): Promise<Difference | null> =>
    (await playHistory(players, `h${seed}x${(tries += 1)}`, steps)).difference;
  let difference = await differenceOf(history);
  let run = Math.ceil(history.length / 2);
  while (run >= 1) {
    for (const from of startsOfRuns(history.length, run)) {
      if (tries >= SHRINK_TRIES) break;
      const shorter = [...history.slice(0, from), ...history.slice(from + run)];
      const stays = await differenceOf(shorter);
      if (stays === null) continue;
      history = shorter;
      difference = stays;
    }
    run = run === 1 ? 0 : Math.ceil(run / 2);
  }
  const lost = { what: "a difference that did not come again", model: null, product: null };
  return { seed, history, ...(difference ?? { ...lost, step: history[0] ?? lostStep(seed) }) };
}

/** Where runs of so many steps begin, last first, so that leaving one out moves none of those still to come. */
function startsOfRuns(length: number, run: number): readonly number[] {
  return Array.from({ length: Math.floor(length / run) }, (_, index) => length - (index + 1) * run);
}

function lostStep(seed: number): never {
  throw new Error(`The history of seed ${seed} has no steps`);
}

/** Makes a person who owns two accounts, and an operator. */
async function preparePlayers(
  product: Pick<Product, "baseUrl" | "appId" | "adminKey">,
  client: MongoClient,
): Promise<Players> {
  const signIn = async (email: string): Promise<User> => {
    const app = new App({ id: product.appId, baseUrl: product.baseUrl });
    await app.emailPasswordAuth.registerUser({ email, password: "correct horse" });
    return app.logIn(Credentials.emailPassword(email, "correct horse"));
  };
  const person = await signIn("model-a@example.org");
  const other = await signIn("model-b@example.org");
  const a = await accountOf(person);
  const b = await accountOf(other);
  await ownBoth(client.db(DATABASE_NAME), person, [a, b]);
  const operator = await new App({ id: product.appId, baseUrl: product.baseUrl }).logIn(
    Credentials.apiKey(product.adminKey),
  );
  return { person, operator, client, accounts: { a, b } };
}
