import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../core/clock";
import { drawApiFault, hasApiRules, type ApiEffect } from "../core/faults";
import { timeOfCall } from "../core/living-time";
import { API_VERSION } from "../core/record-events";
import { seededText } from "../core/seeded";
import type { Store } from "../core/store";
import { authenticate } from "./authenticate";
import type { CallContext, Endpoint } from "./endpoint";
import { expand, takeExpand } from "./expand";
import { parseForm, type Form } from "./form";
import { createIdempotency, fingerprintOf, type Idempotency, type KeyedCall } from "./idempotency";
import { createLine, refuseByFault, SERVER_FAILURE, type Answered, type Line } from "./spoil-answer";
import { CommittedRefusal, invalidRequest, StripeError } from "./stripe-error";

/** What the product plane is made of. */
export interface ApiPlane {
  readonly store: Store;
  readonly clock: Clock;
  readonly endpoints: readonly Endpoint[];
  readonly secretKey: string;
  readonly webhookSecret: string;
  readonly baseUrl: () => string;
  readonly log: (line: string) => void;
  /** Tells the deliveries that events may have been made. */
  readonly committed: () => void;
}

interface Exchange {
  readonly requestId: string;
  readonly key: string | null;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What all calls share. */
interface Desk {
  readonly plane: ApiPlane;
  readonly idempotency: Idempotency;
  readonly line: Line;
}

/** Serves `/v1`: checks the key, reads the form, keeps idempotency keys, runs the call and answers in Stripe's shapes. */
export function serveApi(server: FastifyInstance, plane: ApiPlane): void {
  const desk: Desk = { plane, idempotency: createIdempotency(plane.store), line: createLine(server) };
  const newRequestId = createRequestIds(plane.store);
  const exchangeOf = (request: FastifyRequest, reply: FastifyReply): Exchange => {
    const header = request.headers["idempotency-key"];
    const key = typeof header === "string" && request.method === "POST" ? header : null;
    const exchange = { requestId: newRequestId(), key, request, reply };
    void reply.headers({ "request-id": exchange.requestId, "stripe-version": versionOf(request) });
    if (key !== null) void reply.header("idempotency-key", key.replaceAll(/[^\x20-\x7e]/g, "?"));
    return exchange;
  };
  for (const endpoint of plane.endpoints) {
    server.route({
      method: endpoint.method,
      url: endpoint.path,
      handler: (request, reply) => answer(desk, endpoint, exchangeOf(request, reply)),
    });
  }
  const absent = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    exchangeOf(request, reply);
    return sendFailure(plane, reply, () => {
      authenticate(request.headers.authorization, plane.secretKey);
      throw new StripeError(404, {
        type: "invalid_request_error",
        message: `Unrecognized request URL (${request.method}: ${pathOf(request)}): the Stripe simulator does not have this call`,
      });
    });
  };
  // Without a route of its own, a search would be read as the retrieval of an object named "search".
  const gets = plane.endpoints.filter(({ method }) => method === "GET").map(({ path }) => path);
  const searches = gets.filter((path) => path.endsWith("/:id")).map((path) => path.replace(":id", "search"));
  for (const path of searches.filter((search) => !gets.includes(search))) server.get(path, absent);
  server.all("/v1/*", absent);
}

async function answer(desk: Desk, endpoint: Endpoint, exchange: Exchange): Promise<FastifyReply> {
  const { plane, idempotency, line } = desk;
  const { request, reply, key } = exchange;
  return sendFailure(plane, reply, async () => {
    authenticate(request.headers.authorization, plane.secretKey);
    assertVersion(versionOf(request));
    const form = formOf(request);
    const path = pathOf(request);
    const fault = faultOf(plane, request.method, path);
    refuseByFault(fault, reply);
    if (fault !== null && fault.kind !== "status" && "commit" in fault && !fault.commit) {
      line.spoil(reply, fault, null);
      return reply;
    }
    const deliver = (answered: Answered): FastifyReply => {
      if (answered.status >= 500 && key !== null) void reply.header("stripe-should-retry", "false");
      return line.spoil(reply, fault, answered) ? reply : send(reply, answered);
    };
    if (key === null) {
      await line.wait(reply, fault);
      return deliver(await execute(plane, endpoint, exchange, { form, fault }));
    }
    const call: KeyedCall = { key, path, fingerprint: fingerprintOf(request.method, path, form) };
    const saved = idempotency.begin(call, plane.clock.nowSeconds());
    if (saved !== undefined) {
      void reply.headers({ "idempotent-replayed": "true", "original-request": saved.requestId });
      return deliver(saved);
    }
    try {
      await line.wait(reply, fault);
      return deliver(await execute(plane, endpoint, exchange, { form, fault, call }));
    } finally {
      idempotency.end(call);
    }
  });
}

function faultOf({ store, clock }: ApiPlane, method: string, path: string): ApiEffect | null {
  if (!hasApiRules(store)) return null;
  const occasion = { method, path, seed: store.seed, now: clock.nowSeconds() };
  return store.atomically(null, (tx) => drawApiFault(tx, occasion));
}

interface Task {
  readonly form: Form;
  readonly fault: ApiEffect | null;
  readonly call?: KeyedCall;
}

/** Runs the call and saves its answer in one transaction; answers when it is on disk. */
async function execute(
  plane: ApiPlane,
  endpoint: Endpoint,
  { requestId, key, request }: Exchange,
  { form, fault, call }: Task,
): Promise<Answered> {
  const { paths, rest } = takeExpand(form);
  const work = endpoint.prepare(rest);
  const now = plane.clock.nowSeconds();
  const path = request.params as Record<string, string>;
  const failure = fault?.kind === "status" ? fault : null;
  const answered = plane.store.atomically({ requestId, idempotencyKey: key }, (tx) => {
    const context: CallContext = {
      tx,
      now: timeOfCall(tx, [rest["customer"], rest["invoice"], rest["test_clock"], path["id"]], now),
      clock: plane.clock,
      baseUrl: plane.baseUrl(),
      webhookSecret: plane.webhookSecret,
    };
    const run = (): Answered => {
      const result = work(context, path);
      const refused = result instanceof CommittedRefusal;
      const status = refused ? result.status : 200;
      return { status, body: JSON.stringify(refused ? { error: result.body } : expand(tx, result, paths), null, 2) };
    };
    if (failure?.commit === true) run();
    const { status, body } = failure === null ? run() : SERVER_FAILURE;
    if (call !== undefined) {
      const { key: id, fingerprint, path: called } = call;
      tx.putQuietly("saved_answer", { id, fingerprint, path: called, status, body, requestId, created: now });
    }
    return { status, body };
  });
  await plane.store.settled();
  if (request.method !== "GET") plane.committed();
  return answered;
}

async function sendFailure(
  plane: ApiPlane,
  reply: FastifyReply,
  run: () => Promise<FastifyReply> | FastifyReply,
): Promise<FastifyReply> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StripeError) {
      return send(reply, { status: error.status, body: JSON.stringify({ error: error.body }, null, 2) });
    }
    plane.log(`A call failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const body = { error: { type: "api_error", message: "The Stripe simulator failed; see its log" } };
    return send(reply, { status: 500, body: JSON.stringify(body) });
  }
}

function send(reply: FastifyReply, { status, body }: Answered): FastifyReply {
  return reply.code(status).type("application/json; charset=utf-8").send(body);
}

function formOf(request: FastifyRequest): Form {
  const { url } = request;
  const question = url.indexOf("?");
  const query = question < 0 ? "" : url.slice(question + 1);
  if (request.method === "GET") return parseForm(query);
  const body = typeof request.body === "string" ? request.body : "";
  const type = request.headers["content-type"] ?? "application/x-www-form-urlencoded";
  if (body !== "" && !/^application\/x-www-form-urlencoded/i.test(type)) {
    throw invalidRequest("Invalid request: the body must be application/x-www-form-urlencoded");
  }
  return parseForm([query, body].filter((part) => part !== "").join("&"));
}

function pathOf(request: FastifyRequest): string {
  return request.url.split("?")[0] ?? "";
}

function versionOf(request: FastifyRequest): string {
  const header = request.headers["stripe-version"];
  return typeof header === "string" && /^[\w.-]+$/.test(header) ? header : API_VERSION;
}

/** Releases of one train differ by additions only, so any of the pinned train is served. */
function assertVersion(version: string): void {
  const train = API_VERSION.split(".")[1];
  if (!new RegExp(`^\\d{4}-\\d{2}-\\d{2}\\.${train}$`).test(version)) {
    throw invalidRequest(`Invalid Stripe API version: ${version}: the Stripe simulator speaks ${API_VERSION}`);
  }
}

/** Makes request ids that differ between starts without a write per request. */
function createRequestIds(store: Store): () => string {
  const start = store.atomically(null, (tx) => tx.newId("start_"));
  let count = 0;
  return () => {
    count += 1;
    return `req_${seededText(store.seed, `${start}:${count}`, 14)}`;
  };
}
