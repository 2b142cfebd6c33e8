import { failureOf, firstOf, type Step, type World } from "../step";

const frozen = 1_577_836_800;
const HOUR = 3600;

/** Asks until a clock stands again, as scripts do. */
async function untilReady({ given }: Pick<World, "given">, id: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await given.testHelpers.testClocks.retrieve(id)).status === "ready") return;
  }
  throw new Error(`The test clock ${id} did not become ready`);
}

const eventSteps: readonly Step[] = [
  {
    object: "events",
    title: "retrieve and list them by type",
    run: async ({ stripe, given, check }) => {
      const { id } = await given.products.create({ name: "Told" });
      await given.products.update(id, { name: "Retold" });
      const found = await stripe.events.list({ limit: 1, type: "product.updated" });
      const { id: event } = firstOf(found);
      check(found, { url: "/v1/events", data: [{ object: "event", type: "product.updated" }] });
      check(await stripe.events.retrieve(event), {
        id: event,
        api_version: /\.endive$/,
        data: { object: { id, name: "Retold" }, previous_attributes: { name: "Told" } },
        pending_webhooks: 0,
        request: { id: /^req_/ },
      });
      check(
        await stripe.events.list({ limit: 2, types: ["product.created", "product.updated"], delivery_success: true }),
        {
          data: [{ id: event }, { type: "product.created" }],
        },
      );
    },
  },
];

const webhookSteps: readonly Step[] = [
  {
    object: "webhookEndpoints",
    title: "create, retrieve, update, list and delete one",
    run: async ({ stripe, check }) => {
      const endpoint = await stripe.webhookEndpoints.create({
        enabled_events: ["charge.succeeded", "charge.failed"],
        url: "https://example.com/my/webhook/endpoint",
      });
      const { id } = endpoint;
      check(endpoint, { id: /^we_/, object: "webhook_endpoint", status: "enabled", secret: /^whsec_/ });
      const url = "https://example.com/new_endpoint";
      check(await stripe.webhookEndpoints.update(id, { url, disabled: true }), { id, url, status: "disabled" });
      const shown = await stripe.webhookEndpoints.retrieve(id);
      check(shown, { id, url, enabled_events: ["charge.succeeded", "charge.failed"] });
      if (shown.secret !== undefined) throw new Error("Expected the secret to be shown at creation only");
      check(await stripe.webhookEndpoints.list({ limit: 3 }), { url: "/v1/webhook_endpoints", data: [{ id }] });
      check(await stripe.webhookEndpoints.del(id), { id, object: "webhook_endpoint", deleted: true });
      check(await failureOf(stripe.webhookEndpoints.retrieve(id)), { code: "resource_missing", statusCode: 404 });
    },
  },
];

const clockSteps: readonly Step[] = [
  {
    object: "testHelpers.testClocks",
    title: "create, advance, retrieve, list and delete one with what lives on it",
    run: async ({ stripe, given, check }) => {
      const clock = await stripe.testHelpers.testClocks.create({ frozen_time: frozen, name: "New Year" });
      const { id } = clock;
      check(clock, { id: /^clock_/, object: "test_helpers.test_clock", frozen_time: frozen, status: "ready" });
      const customer = await given.customers.create({ test_clock: id });
      const invoice = await given.invoices.create({ customer: customer.id, auto_advance: true });
      const advancing = await stripe.testHelpers.testClocks.advance(id, { frozen_time: frozen + 2 * HOUR });
      check(advancing, {
        id,
        status: "advancing",
        status_details: { advancing: { target_frozen_time: frozen + 2 * HOUR } },
      });
      await untilReady({ given }, id);
      check(await stripe.testHelpers.testClocks.retrieve(id), { status: "ready", frozen_time: frozen + 2 * HOUR });
      check(await given.invoices.retrieve(invoice.id), {
        status: "paid",
        status_transitions: { finalized_at: frozen + HOUR },
      });
      check(await stripe.testHelpers.testClocks.list({ limit: 3 }), { data: [{ id }] });
      check(await stripe.testHelpers.testClocks.del(id), { id, deleted: true });
      check(await given.customers.retrieve(customer.id), { deleted: true });
      check(await failureOf(stripe.testHelpers.testClocks.retrieve(id)), { code: "resource_missing" });
    },
  },
];

/** What belongs to the account: events, webhook endpoints and test clocks. */
export const accountSteps: readonly Step[] = [...eventSteps, ...webhookSteps, ...clockSteps];
