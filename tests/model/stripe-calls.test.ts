import Stripe from "stripe";
import { proveStripeCalls, type StripeCallsProof } from "../../scripts/prove/stripe-calls";
import { differencesOf } from "../../scripts/prove/stripe-calls/differences";
import type { Step } from "../../scripts/prove/stripe-calls/step";
import { callRows, parameterRows, readTables } from "../../scripts/prove/stripe-calls/tables";

/** A proof of the coupons alone, which takes no time. */
const proveCoupons = async (options: Parameters<typeof proveStripeCalls>[0] = {}): Promise<readonly string[]> =>
  (await proveStripeCalls({ objects: ["coupons"], ...options })).wrong;

describe("the documented calls of the stripe SDK", () => {
  let proof: StripeCallsProof;
  beforeAll(async () => {
    proof = await proveStripeCalls();
  }, 60_000);

  it("work on the simulator, or are refused by name, each of them", () => {
    const { objects, steps, wrong } = proof;
    expect(wrong).toEqual([]);
    expect(steps).toBeGreaterThan(60);
    for (const { documented, tried, notSimulated } of objects) {
      expect([...tried, ...notSimulated].toSorted()).toEqual(documented.toSorted());
    }
    expect(objects.reduce((sum, { tried }) => sum + tried.length, 0)).toBeGreaterThan(120);
  });

  it("stand in the simulator's documents as they are, with the parameters that are refused", () => {
    expect(readTables()).toEqual({ calls: callRows(proof), parameters: parameterRows(proof) });
  });
});

describe("the proof of the calls", () => {
  it("holds for the coupons", async () => {
    expect(await proveCoupons()).toEqual([]);
  });

  it("fails for a method that no step tries", async () => {
    const resource = Object.getPrototypeOf(new Stripe("sk_test_x").coupons) as { melt?: () => void };
    resource.melt = () => undefined;
    try {
      expect(await proveCoupons()).toEqual(["coupons.melt is neither tried nor listed as not simulated"]);
    } finally {
      delete resource.melt;
    }
  });

  it("fails for a method that is called while its answer is not looked at", async () => {
    const step: Step = {
      object: "coupons",
      title: "are made",
      run: async ({ stripe, check }) => {
        await stripe.coupons.create({ percent_off: 5 });
        check(await stripe.coupons.list(), {});
      },
    };
    const wrong = await proveCoupons({ steps: [step] });
    expect(wrong[0]).toBe("coupons: are made: Expected something of the answer of coupons.list");
    expect(wrong).toContain("coupons.create is neither tried nor listed as not simulated");
  });

  it("fails for an answer that is not as it should be", async () => {
    const step: Step = {
      object: "coupons",
      title: "are free",
      run: async ({ stripe, check }) => check(await stripe.coupons.create({ percent_off: 5 }), { percent_off: 100 }),
    };
    const wrong = await proveCoupons({ steps: [step] });
    expect(wrong[0]).toBe("coupons: are free: answer.percent_off: expected 100, got 5");
    expect(wrong).toContain("coupons.create is neither tried nor listed as not simulated");
  });

  it("fails for a method that is tried and listed as not simulated, or listed and not there", async () => {
    const why = "planted";
    const wrong = await proveCoupons({
      notSimulated: [
        { call: "coupons.list", why, make: (stripe) => stripe.coupons.list() },
        { call: "coupons.gone", why, make: (stripe) => stripe.coupons.retrieve("gone") },
      ],
    });
    expect(wrong).toEqual([
      "coupons.list is listed as not simulated, and is answered",
      expect.stringContaining("coupons.gone is refused without its name: 404 No such coupon"),
      "coupons.list is listed as not simulated, and was tried",
      "coupons.gone is listed as not simulated, and the SDK does not have it",
    ]);
  });
});

describe("differencesOf", () => {
  it.each([
    [{ a: 1, b: 2 }, { a: 1 }, []],
    [{ a: { b: [1, { c: 2, d: 3 }] } }, { a: { b: [1, { c: 2 }] } }, []],
    [{ id: "cus_1" }, { id: /^cus_/ }, []],
    [{ a: null }, { a: null }, []],
    [{ a: 1 }, { a: "1" }, ['answer.a: expected "1", got 1']],
    [{ a: [1, 2] }, { a: [1] }, ["answer.a: expected 1 elements, got 2"]],
    [{ a: {} }, { a: [] }, ["answer.a: expected [], got {}"]],
    [{}, { a: null }, ["answer.a: expected null, got nothing"]],
    [{ id: 5 }, { id: /5/ }, ["answer.id: expected text like /5/, got 5"]],
  ])("compares %j with %j", (value, expected, lines) => {
    expect(differencesOf(value, expected)).toEqual(lines);
  });
});
