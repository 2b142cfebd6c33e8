import type Stripe from "stripe";
import { z } from "zod";
import { testClockOf } from "../core/living-time";
import type { Store, Transaction } from "../core/store";
import { defineEndpoint, type Endpoint } from "../http/endpoint";
import { pageOf } from "../http/list";
import { integer, listParameters, text } from "../http/parameters";
import { invalidRequest, resourceMissing } from "../http/stripe-error";

const KIND = "test_helpers.test_clock";
const DAY = 24 * 3600;
const KEPT_DAYS = 30;
/** Without subscriptions on it, a clock advances by at most two years at a time. */
const FURTHEST_DAYS = 2 * 366;
const LAST_SECOND = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

/**
 * A test clock stands still in `ready`; `advance` makes it `advancing`, and when everything up to the target is done it is `ready` again.
 * `internal_failure` never happens here.
 */
type TestClock = Stripe.TestHelpers.TestClock;

/** Finds a test clock that is not deleted. Refuses: `resource_missing` naming the parameter. */
export function liveTestClock(tx: Pick<Transaction, "get">, id: string, param?: string): TestClock {
  const clock = tx.get(KIND, id);
  if (clock === undefined || clock.deleted === true) throw resourceMissing("test clock", id, param);
  return clock;
}

/** Names the clocks that are on their way. */
export function advancingClocks(store: Pick<Store, "values">): readonly string[] {
  return [...store.values(KIND)].flatMap((clock) =>
    clock.deleted !== true && clock.status === "advancing" ? [clock.id] : [],
  );
}

/** Lets a clock that advances show an instant on its way; null leaves it. Answers where it goes. Units: unix seconds. */
export function stepTo(tx: Transaction, id: string, at: number | null): number {
  const clock = liveTestClock(tx, id);
  if (at !== null && at > clock.frozen_time) tx.putQuietly(KIND, { ...clock, frozen_time: at });
  return clock.status_details.advancing?.target_frozen_time ?? clock.frozen_time;
}

/** Ends the way of a clock. */
export function arrive(tx: Transaction, id: string): void {
  const clock = liveTestClock(tx, id);
  tx.put(KIND, { ...clock, frozen_time: stepTo(tx, id, null), status: "ready", status_details: {} });
}

/** Sends a clock on its way. Refuses: one that is on its way, going back or standing, and more than two years at a time. */
function advance(tx: Transaction, id: string, target: number): TestClock {
  const clock = liveTestClock(tx, id);
  if (clock.status !== "ready") {
    throw invalidRequest("You cannot advance this test clock because another advancement is already in progress.");
  }
  if (target <= clock.frozen_time) {
    throw invalidRequest(
      `The target frozen time (${target}) must be after the current frozen time (${clock.frozen_time}).`,
      { param: "frozen_time" },
    );
  }
  if (target > clock.frozen_time + FURTHEST_DAYS * DAY) {
    throw invalidRequest("You cannot advance a test clock without subscriptions by more than two years at a time.", {
      param: "frozen_time",
    });
  }
  const after: TestClock = {
    ...clock,
    status: "advancing",
    status_details: { advancing: { target_frozen_time: target } },
  };
  tx.put(KIND, after);
  return after;
}

/** Deletes a clock and the customers that live on it. */
function remove(tx: Transaction, id: string): Stripe.TestHelpers.DeletedTestClock {
  liveTestClock(tx, id);
  for (const customer of tx.list("customer")) {
    if (testClockOf(tx, customer) !== id) continue;
    tx.put("customer", { id: customer.id, object: "customer", deleted: true });
  }
  const deleted = { id, object: KIND, deleted: true } satisfies Stripe.TestHelpers.DeletedTestClock;
  tx.put(KIND, deleted);
  return deleted;
}

/** The calls of `/v1/test_helpers/test_clocks`. */
export const testClockEndpoints: readonly Endpoint[] = [
  defineEndpoint({
    method: "POST",
    path: "/v1/test_helpers/test_clocks",
    parameters: z.strictObject({ frozen_time: integer(0, LAST_SECOND), name: text(300).optional() }),
    run: (params, { tx, clock }) => {
      const created = clock.nowSeconds();
      const made = {
        id: tx.newId("clock_"),
        object: KIND,
        created,
        deletes_after: created + KEPT_DAYS * DAY,
        frozen_time: params.frozen_time,
        livemode: false,
        name: params.name ?? null,
        status: "ready",
        status_details: {},
      } satisfies TestClock;
      tx.put(KIND, made);
      return made;
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/test_helpers/test_clocks",
    parameters: z.strictObject(listParameters),
    run: (params, { tx }) => {
      const living = tx.list(KIND).filter((clock) => clock.deleted !== true) as TestClock[];
      return pageOf(living, "/v1/test_helpers/test_clocks", params);
    },
  }),
  defineEndpoint({
    method: "GET",
    path: "/v1/test_helpers/test_clocks/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => liveTestClock(tx, id),
  }),
  defineEndpoint({
    method: "POST",
    path: "/v1/test_helpers/test_clocks/:id/advance",
    parameters: z.strictObject({ frozen_time: integer(0, LAST_SECOND) }),
    run: (params, { tx }, id) => advance(tx, id, params.frozen_time),
  }),
  defineEndpoint({
    method: "DELETE",
    path: "/v1/test_helpers/test_clocks/:id",
    parameters: z.strictObject({}),
    run: (_params, { tx }, id) => remove(tx, id),
  }),
];
