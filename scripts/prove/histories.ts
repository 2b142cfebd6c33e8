import { MongoClient } from "mongodb";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import type { VerifyAnswer } from "../../functions-src/lib/contract";
import { accountOf, ownBoth } from "../../tests/model/cast";
import { FEATURES, type Step } from "../../tests/model/steps";
import { buildApp } from "../build/build-app";
import { publishFile } from "../start/prepare-database";
import { readSettings } from "../start/settings";
import { type Product, startProduct } from "../start/start-product";
import type { Players } from "./histories/front-door";
import { makeHistory } from "./histories/make-history";
import { type Difference, playHistory } from "./histories/play-history";
import { readProofOptions } from "./proof-options";
import { createSeededRandom } from "./seeded-random";
import { createTraveller } from "./traveller";

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
  const product = await startProduct(
    readSettings({ PORT: "0", DATA_DIR: ":memory:", TEST_CLOCK: "1" }),
    () => undefined,
  );
  try {
    const proof = await proveHistories(product, { rounds, seed, report: (line) => console.log(line) });
    console.log(JSON.stringify(proof, null, proof.disagreement === null ? 0 : 1));
    return proof.disagreement === null && proof.verified;
  } finally {
    await product.close();
  }
}

/**
 * Plays random histories, each with a seed of its own, through the front door of a running product whose time stands still
 * until a history moves it, and through the independent model. At the first difference the history is shortened by leaving
 * out steps while some difference stays.
 */
export async function proveHistories(
  product: Pick<Product, "baseUrl" | "appId" | "mongodbUri" | "adminKey">,
  options: { readonly rounds: number; readonly seed: number; readonly report: (line: string) => void },
): Promise<HistoriesProof> {
  const client = await MongoClient.connect(product.mongodbUri);
  try {
    const players = await preparePlayers(product, client);
    const total = { histories: 0, answers: 0, refusals: 0 };
    let failed: number | null = null;
    for (let seed = options.seed; seed < options.seed + options.rounds && failed === null; seed += 1) {
      const played = await playHistory(players, `h${seed}`, await historyOf(players, seed));
      total.histories += 1;
      total.answers += played.answers;
      total.refusals += played.refusals;
      if (played.difference !== null) failed = seed;
      if (total.histories % 100 === 0) options.report(`${total.histories} of ${options.rounds} histories`);
    }
    const disagreement = failed === null ? null : await shorten(players, failed);
    const verified = (await (await players.operator()).callFunction("admin/verify", {})) as VerifyAnswer;
    return { ...total, disagreement, verified: verified.ok };
  } finally {
    await client.close();
  }
}

async function historyOf(players: Players, seed: number): Promise<readonly Step[]> {
  return makeHistory(createSeededRandom(seed), STEPS, await players.advance(0));
}

/** Leaves out runs of steps, halving the runs, as long as a difference stays. */
async function shorten(players: Players, seed: number): Promise<Disagreement> {
  let history = await historyOf(players, seed);
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

/** Makes a person who owns two accounts, and an operator; each signs in anew before their session is over. */
async function preparePlayers(
  product: Pick<Product, "baseUrl" | "appId" | "adminKey">,
  client: MongoClient,
): Promise<Players> {
  const traveller = createTraveller(product);
  const person = await traveller.signUp("model-a@example.org");
  const a = await accountOf(await person());
  const b = await accountOf(await (await traveller.signUp("model-b@example.org"))());
  await ownBoth(client.db(DATABASE_NAME), await person(), [a, b]);
  await publishFile(client, "a catalog has no secrets, so anything will do", [planWithFeatures()]);
  // Functions read the catalog anew after a while.
  await traveller.advance(3600);
  const advance = (hours: number): Promise<number> => traveller.advance(hours * 3600);
  return { person, operator: traveller.operator, advance, client, accounts: { a, b } };
}

/** The free plan of a world in which features say what captures may do. */
function planWithFeatures(): object {
  const features = Object.entries(FEATURES).map(([feature, { late, more }]) => [
    feature,
    { kind: "metered", limit: null, hard: true, price: null, holds: { lateCapture: late, captureMore: more } },
  ]);
  const given = { interval: null, signupTokens: 0, monthlyTokens: 0, rollover: null, trial: null };
  const price = { amountMinor: 0, currency: "USD" };
  const plan = { kind: "plan", id: "free", group: "main", rank: 0, name: "Free", price, ...given };
  return { ...plan, features: Object.fromEntries(features) as object };
}
