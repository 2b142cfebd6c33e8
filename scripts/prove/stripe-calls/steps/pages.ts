import type Stripe from "stripe";
import { OBJECTS } from "../documented-calls";
import { idsOf, type Step } from "../step";
import { pay } from "./payments";

/** What pages are asked for. */
interface PageParameters {
  readonly limit?: number;
  readonly starting_after?: string;
  readonly ending_before?: string;
}

type List = (params: PageParameters) => Stripe.ApiListPromise<{ readonly id: string }>;

/** Makes one more of an object that its own steps leave too few of. */
const MADE_FOR_PAGES: Readonly<Partial<Record<string, (given: Stripe) => Promise<unknown>>>> = {
  coupons: (given) => given.coupons.create({ percent_off: 5 }),
  promotionCodes: async (given) => {
    const coupon = await given.coupons.create({ percent_off: 5 });
    return given.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id } });
  },
  disputes: (given) => pay(given, { method: "pm_card_createDispute" }),
  "radar.earlyFraudWarnings": (given) => pay(given, { method: "pm_card_createIssuerFraudRecord" }),
  webhookEndpoints: (given) =>
    given.webhookEndpoints.create({
      url: "https://example.com/my/webhook/endpoint",
      enabled_events: ["payout.failed"],
    }),
  "testHelpers.testClocks": (given) => given.testHelpers.testClocks.create({ frozen_time: 1_577_836_800 }),
};

const LEAST = 3;

/** Objects that only have calls for tests. */
const WITHOUT_LIST: readonly string[] = ["testHelpers.refunds", "testHelpers.customers"];

/** Finds the list call of an object. Throws: an Error when it has none. */
function listOf(stripe: Stripe, object: string): List {
  const resource = object.split(".").reduce<unknown>((at, part) => Reflect.get(at as object, part), stripe) as object;
  const list: unknown = Reflect.get(resource, "list");
  if (typeof list !== "function") throw new Error(`Expected ${object} to have a list`);
  return (params) => Reflect.apply(list, resource, [params]) as ReturnType<List>;
}

/** Walks each list from the newest to the oldest and back, page by page. */
export const pageSteps: readonly Step[] = OBJECTS.filter((object) => !WITHOUT_LIST.includes(object)).map((object) => ({
  object,
  title: "are listed page by page, forwards and backwards, each once",
  run: async ({ stripe, given, check }) => {
    const list = listOf(stripe, object);
    for (let count = 0; count < LEAST; count += 1) await MADE_FOR_PAGES[object]?.(given);
    const all = idsOf({ data: await list({ limit: 100 }).autoPagingToArray({ limit: 10_000 }) });
    if (all.length < LEAST) throw new Error(`Expected at least ${LEAST} on the list, got ${all.length}`);
    check(idsOf({ data: await list({ limit: 2 }).autoPagingToArray({ limit: 10_000 }) }), all);
    const [newest = "", second = "", third = ""] = all;
    check(await list({ limit: 1, starting_after: newest }), { has_more: all.length > 2, data: [{ id: second }] });
    check(await list({ limit: 1, ending_before: third }), { has_more: true, data: [{ id: second }] });
    const back = await list({ limit: 1, ending_before: all.at(-1) ?? "" }).autoPagingToArray({ limit: 10_000 });
    check(idsOf({ data: back }), all.slice(0, -1).toReversed());
  },
}));
