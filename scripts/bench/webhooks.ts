import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MongoClient } from "mongodb";
import { App, Credentials } from "realm-web";
import Stripe from "stripe";
import { API_VERSION } from "../../functions-src/lib/adapters/stripe/gateway";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import type { CheckoutAnswer } from "../../functions-src/lib/contract";
import { buildApp } from "../build/build-app";
import { readSettings } from "../start/settings";
import { type Product, startProduct } from "../start/start-product";
import type { Row } from "./measure";

const DRAIN_LIMIT_MS = 300_000;
const DRAIN_LOOK_MS = 100;
const SOCKETS = 128;
const PURCHASES = 50;

/**
 * Sends signed webhooks at a steady rate to the whole product with durable files, and waits until all are processed. Product and
 * sender share this process, so the figures are those of a machine that does both. One webhook in ten tells of a paid purchase and
 * has to be acted on; the others only have to be kept, as most of what Stripe sends. Options: `--rate` (500) a second for
 * `--seconds` (60).
 */
export async function benchWebhooks(given: readonly string[]): Promise<readonly Row[]> {
  const { values } = parseArgs({
    args: [...given],
    options: { rate: { type: "string", default: "500" }, seconds: { type: "string", default: "60" } },
  });
  const rate = Number(values.rate);
  const count = rate * Number(values.seconds);
  await buildApp();
  const folder = mkdtempSync(join(tmpdir(), "webhooks-bench-"));
  const product = await startProduct(readSettings({ PORT: "0", DATA_DIR: folder }), () => undefined);
  try {
    return await sendAll(product, { rate, count, sessions: await payInSilence(product) });
  } finally {
    await product.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes paid purchases whose own events are lost. */
async function payInSilence(product: Product): Promise<readonly string[]> {
  const simulate = async (path: string, body: object): Promise<void> => {
    const headers = { "content-type": "application/json" };
    await fetch(`${product.stripe?.url}/_sim/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  };
  await simulate("faults", { drop: 1 });
  const app = new App({ id: product.appId, baseUrl: product.baseUrl });
  await app.emailPasswordAuth.registerUser({ email: "bench@example.org", password: "correct horse" });
  const user = await app.logIn(Credentials.emailPassword("bench@example.org", "correct horse"));
  const sessions: string[] = [];
  for (let index = 0; index < PURCHASES; index += 1) {
    const urls = { successUrl: "https://shop.example/", cancelUrl: "https://shop.example/" };
    const input = { key: `buy-${index}`, pack: "pack-100", ...urls };
    const { sessionId } = (await user.callFunction("billing/checkout", input)) as CheckoutAnswer;
    await simulate(`checkout/${sessionId}/pay`, {});
    sessions.push(sessionId);
  }
  return sessions;
}

async function sendAll(
  product: Product,
  { rate, count, sessions }: { readonly rate: number; readonly count: number; readonly sessions: readonly string[] },
): Promise<readonly Row[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const answers: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const dueMs = (index * 1000) / rate - (performance.now() - startedAt);
    if (dueMs > 1) await new Promise((resolve) => setTimeout(resolve, dueMs));
    answers.push(sendOne(product, agent, bodyOf(index, sessions)).then((ms) => void latenciesMs.push(ms)));
    if (index % (rate * 10) === 0) console.error(`bench: ${index} of ${count} webhooks`);
  }
  await Promise.all(answers);
  const acceptedSeconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  await drain(product, count);
  const drainedSeconds = (performance.now() - startedAt) / 1000;
  const sorted = latenciesMs.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const timing = { p50Ms: at(0.5), p99Ms: at(0.99), ratioTo: null, ratio: null };
  return [
    { name: `accepted, of ${count} sent`, opsPerSecond: Math.round(count / acceptedSeconds), ...timing },
    { name: "processed to the last", opsPerSecond: Math.round(count / drainedSeconds), ...timing },
  ];
}

/** Every tenth event is about a purchase; each is an event of its own. */
function bodyOf(index: number, sessions: readonly string[]): string {
  const sessionId = index % 10 === 0 ? sessions[(index / 10) % sessions.length] : undefined;
  const object =
    sessionId === undefined
      ? { id: `cus_bench_${index}`, object: "customer" }
      : { id: sessionId, object: "checkout.session" };
  return JSON.stringify({
    id: `evt_bench_${index}`,
    object: "event",
    api_version: API_VERSION,
    created: Math.floor(Date.now() / 1000),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: null,
    type: sessionId === undefined ? "customer.updated" : "checkout.session.completed",
  });
}

/** Sends a webhook. Returns: how long its answer took. Throws: an Error when it is not accepted. */
function sendOne(product: Product, agent: Agent, body: string): Promise<number> {
  const signature = Stripe.webhooks.generateTestHeaderString({
    payload: body,
    secret: product.stripe?.webhookSecret ?? "",
  });
  const url = `${product.baseUrl}/app/${product.appId}/endpoint/stripe/webhook`;
  const headers = { "content-type": "application/json", "stripe-signature": signature };
  const sentAt = performance.now();
  return new Promise((resolve, reject) => {
    const call = request(url, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.once("end", () => {
        if (response.statusCode === 200) resolve(performance.now() - sentAt);
        else reject(new Error(`A webhook was answered ${response.statusCode}`));
      });
    });
    call.once("error", reject);
    call.end(body);
  });
}

async function drain(product: Product, count: number): Promise<void> {
  const client = await MongoClient.connect(product.mongodbUri);
  try {
    const events = client.db(DATABASE_NAME).collection("stripeEvents");
    for (const endsAt = Date.now() + DRAIN_LIMIT_MS; ;) {
      const done = await events.countDocuments({ state: "done" });
      if (done >= count) return;
      if (Date.now() > endsAt) throw new Error(`Only ${done} of ${count} events were processed`);
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    }
  } finally {
    await client.close();
  }
}
