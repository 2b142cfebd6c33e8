import { parseArgs } from "node:util";
import Stripe from "stripe";
import { startStripe } from "../../platform/stripe";
import { differencesOf } from "./stripe-calls/differences";
import { documentedCalls, OBJECTS } from "./stripe-calls/documented-calls";
import { NOT_SIMULATED } from "./stripe-calls/not-simulated";
import { recordCalls } from "./stripe-calls/record-calls";
import { refusalOf } from "./stripe-calls/refusal";
import { type CallParameters, refusedParameters } from "./stripe-calls/refused-parameters";
import { printCalls } from "./stripe-calls/print-calls";
import type { NotSimulated, Step, World } from "./stripe-calls/step";
import { STEPS } from "./stripe-calls/steps";
import { writeTables } from "./stripe-calls/tables";

const SEED = 20_261_028;

/** What is proven of one object: each of its calls is in one of the lists. */
export interface ObjectProof {
  readonly object: string;
  readonly documented: readonly string[];
  readonly tried: readonly string[];
  readonly notSimulated: readonly string[];
}

/** What the proof came to. Holds for a passed proof: `wrong` is empty. */
export interface StripeCallsProof {
  readonly steps: number;
  readonly objects: readonly ObjectProof[];
  readonly parameters: readonly CallParameters[];
  readonly wrong: readonly string[];
}

/** What is proven, where it is not everything. */
export interface StripeCallsOptions {
  readonly objects: readonly string[];
  readonly steps: readonly Step[];
  readonly notSimulated: readonly NotSimulated[];
}

/** Runs the proof from the command line; `--write` brings the tables of the documents in line with it. Returns: whether it holds. */
export async function stripeCallsProof(given: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({ args: [...given], options: { write: { type: "boolean", default: false } } });
  const proof = await proveStripeCalls();
  printCalls(proof);
  if (values.write) writeTables(proof);
  return proof.wrong.length === 0;
}

/**
 * Makes every call that the unchanged SDK has for some objects, against a simulator of its own: as Stripe's API reference shows it, with
 * its answer checked, or, where the simulator does not have it, to see that it is refused by name. A call in neither list, or in both, is wrong.
 */
export async function proveStripeCalls(options: Partial<StripeCallsOptions> = {}): Promise<StripeCallsProof> {
  const { objects = OBJECTS, steps = STEPS, notSimulated = NOT_SIMULATED } = options;
  const chosen = steps.filter(({ object }) => objects.includes(object));
  const refused = notSimulated.filter(({ call }) => objects.includes(objectOf(call)));
  // Time stands still, so that no answer depends on how long the one before took.
  const simulator = await startStripe({ dataDir: ":memory:", seed: SEED, testClock: true });
  try {
    const client = clientOf(simulator);
    const { world, tried } = openWorld(client, simulator.url);
    const wrong: string[] = [];
    for (const { object, title, run } of chosen) {
      await run(world).catch((error: unknown) => void wrong.push(`${object}: ${title}: ${messageOf(error)}`));
    }
    for (const { call, make } of refused) wrong.push(...(await refusalOf(client, { call, make })));
    const proven = objects.map((object) =>
      judge(object, { documented: documentedCalls(client, object), tried, refused }),
    );
    const parameters: CallParameters[] = [];
    for (const call of proven.flatMap(({ proof }) => proof.tried))
      parameters.push(await refusedParameters(client, call));
    return {
      steps: chosen.length,
      objects: proven.map(({ proof }) => proof),
      parameters,
      wrong: [...wrong, ...proven.flatMap((one) => one.wrong)],
    };
  } finally {
    await simulator.close();
  }
}

/** Connects the SDK as its README does, but for where it calls. */
function clientOf({ url, secretKey }: { readonly url: string; readonly secretKey: string }): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(secretKey, { host: hostname, port, protocol: "http" });
}

function openWorld(client: Stripe, url: string): { readonly world: World; readonly tried: ReadonlySet<string> } {
  const recorded = recordCalls(client);
  const tried = new Set<string>();
  const world: World = {
    stripe: recorded.stripe,
    given: client,
    check: (answer, expected) => {
      const differences = differencesOf(answer, expected);
      if (differences.length > 0) throw new Error(differences.join("; "));
      const call = recorded.callOf(answer);
      if (call === undefined) return;
      if (Object.keys(expected).length === 0) throw new Error(`Expected something of the answer of ${call}`);
      tried.add(call);
    },
    simulate: async (path, body = {}) => {
      const response = await fetch(`${url}/_sim/${path}`, { method: "POST", body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`/_sim/${path} answered ${response.status}: ${await response.text()}`);
    },
  };
  return { world, tried };
}

interface Evidence {
  readonly documented: readonly string[];
  readonly tried: ReadonlySet<string>;
  readonly refused: readonly NotSimulated[];
}

function judge(
  object: string,
  { documented, tried, refused }: Evidence,
): { readonly proof: ObjectProof; readonly wrong: readonly string[] } {
  const listed = refused.map(({ call }) => call).filter((call) => objectOf(call) === object);
  const wrong = [
    ...documented
      .filter((call) => !tried.has(call) && !listed.includes(call))
      .map((call) => `${call} is neither tried nor listed as not simulated`),
    ...listed.filter((call) => tried.has(call)).map((call) => `${call} is listed as not simulated, and was tried`),
    ...listed
      .filter((call) => !documented.includes(call))
      .map((call) => `${call} is listed as not simulated, and the SDK does not have it`),
  ];
  const proof = { object, documented, tried: documented.filter((call) => tried.has(call)), notSimulated: listed };
  return { proof, wrong };
}

/** Names the object of a call. */
export function objectOf(call: string): string {
  return call.slice(0, call.lastIndexOf("."));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
