import { EventEmitter } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import Stripe from "stripe";
import { startStripe, type StripeOptions } from "../../../platform/stripe";

export const API_VERSION = "2026-10-28.endive";

const closers: (() => Promise<unknown>)[] = [];

/** Ends everything that the tests of a file started, the latest first. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).toReversed()) await close();
}

export interface SimulatorUnderTest {
  readonly url: string;
  readonly secretKey: string;
  readonly webhookSecret: string;
  readonly sdk: Stripe;
  /** Calls the control plane. */
  simulate(method: "GET" | "POST", path: string, body?: unknown): Promise<{ status: number; body: never }>;
  /** Calls the product plane without the SDK. */
  raw(method: string, path: string, options?: { body?: string; headers?: Record<string, string> }): Promise<RawAnswer>;
  close(): Promise<void>;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly error?: Stripe.StripeRawError; readonly id?: string } & Record<string, unknown>;
}

/** Starts a simulator in this process with a client that does not retry by itself. */
export async function startUnderTest(options: Partial<StripeOptions> = {}): Promise<SimulatorUnderTest> {
  const simulator = await startStripe({ dataDir: ":memory:", seed: 7, ...options });
  closers.push(() => simulator.close());
  return { ...clientOf(simulator), close: () => simulator.close() };
}

/** Makes the clients of a simulator that runs somewhere. */
export function clientOf({
  url,
  secretKey,
  webhookSecret,
}: {
  url: string;
  secretKey: string;
  webhookSecret: string;
}): Omit<SimulatorUnderTest, "close"> {
  const { hostname, port } = new URL(url);
  const sdk = new Stripe(secretKey, {
    host: hostname,
    port,
    protocol: "http",
    apiVersion: API_VERSION,
    maxNetworkRetries: 0,
    telemetry: false,
  });
  return {
    url,
    secretKey,
    webhookSecret,
    sdk,
    simulate: async (method, path, body) => {
      const response = await fetch(`${url}/_sim/${path}`, {
        method,
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as never };
    },
    raw: async (method, path, { body, headers = {} } = {}) => {
      const response = await fetch(`${url}${path}`, {
        method,
        ...(body === undefined ? {} : { body }),
        headers: {
          authorization: `Bearer ${secretKey}`,
          ...(body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
          ...headers,
        },
      });
      return { status: response.status, headers: response.headers, body: (await response.json()) as RawAnswer["body"] };
    },
  };
}

/** One delivery as it came in. */
export interface Received {
  readonly body: Buffer;
  readonly signature: string;
  readonly headers: IncomingHttpHeaders;
  readonly event: Stripe.Event;
  readonly answered: number;
  readonly at: number;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Decides the status of an answer; null never answers. */
  answer: (event: Stripe.Event, earlier: number) => number | null;
  /** Waits until what came in satisfies the condition. */
  until(holds: (received: readonly Received[]) => boolean): Promise<void>;
  types(): string[];
  close(): Promise<void>;
}

/** Starts an endpoint that takes deliveries. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const arrivals = new EventEmitter().setMaxListeners(0);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const event = JSON.parse(body.toString("utf8")) as Stripe.Event;
      const status = receiver.answer(event, receiver.received.filter((one) => one.event.id === event.id).length);
      const signature = String(request.headers["stripe-signature"]);
      receiver.received.push({
        body,
        signature,
        headers: request.headers,
        event,
        answered: status ?? 0,
        at: Date.now(),
      });
      if (status !== null) response.writeHead(status).end();
      arrivals.emit("arrival");
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received: [],
    answer: () => 200,
    until: (holds) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!holds(receiver.received)) return;
          arrivals.off("arrival", look);
          resolve();
        };
        arrivals.on("arrival", look);
        look();
      }),
    types: () => receiver.received.map(({ event }) => event.type),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  closers.push(() => receiver.close());
  return receiver;
}

/** Registers a receiver for some events. */
export function register(
  { sdk }: Pick<SimulatorUnderTest, "sdk">,
  receiver: Receiver,
  events: Stripe.WebhookEndpointCreateParams.EnabledEvent[] = ["*"],
): Promise<Stripe.WebhookEndpoint> {
  return sdk.webhookEndpoints.create({ url: receiver.url, enabled_events: events, api_version: API_VERSION });
}

/** Parameters of a session that is fit to be created. */
export function sessionParams(changes: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  return {
    mode: "payment",
    line_items: [
      { quantity: 2, price_data: { currency: "usd", unit_amount: 1000, product_data: { name: "A hundred things" } } },
    ],
    success_url: "https://shop.example/thanks?session={CHECKOUT_SESSION_ID}",
    cancel_url: "https://shop.example/basket",
    ...changes,
  } satisfies Stripe.Checkout.SessionCreateParams;
}

/** Runs a call that must fail, and answers the SDK's error. */
export async function failureOf(call: Promise<unknown>): Promise<Stripe.errors.StripeError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof Stripe.errors.StripeError)) throw new Error(`Expected a Stripe error, got ${String(error)}`);
  return error;
}

/** Names the events so far, oldest first. */
export async function eventTypesOf({ sdk }: Pick<SimulatorUnderTest, "sdk">): Promise<string[]> {
  const { data } = await sdk.events.list({ limit: 100 });
  return data.map(({ type }) => type).toReversed();
}
