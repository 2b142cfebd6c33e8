import { toAmount } from "../../../../functions-src/lib/domain/amount";
import { priceOf, type FeaturePrice } from "../../../../functions-src/lib/domain/feature-price";
import { DEFAULT_HOLD_TERMS } from "../../../../functions-src/lib/domain/hold";
import { parseCatalog } from "../../../../functions-src/lib/edge/parse/catalog";
import { consume } from "../../../../functions-src/lib/usecases/consume";
import { publishCatalog } from "../../../../functions-src/lib/usecases/publish-catalog";
import { reportUsage, type ReportInput } from "../../../../functions-src/lib/usecases/report-usage";
import { projectUsage, summarizeUsage } from "../../../../functions-src/lib/usecases/summarize-usage";
import { verifyLedger } from "../../../../functions-src/lib/usecases/verify-ledger";
import demo from "../../../../catalog/demo.json";
import { depsOver } from "../../../support/deps";
import { DAY, T0, grantOf } from "../../../support/builders";
import { startTestDatabase, type TestDatabase } from "../../../support/embedded";

let test: TestDatabase;
let deps: ReturnType<typeof depsOver>;
let count = 0;
beforeAll(async () => {
  test = await startTestDatabase();
  deps = depsOver(test.database);
  await publishCatalog(deps, parseCatalog(demo));
});
afterAll(() => test.close());

const user = { kind: "user", userId: "u", email: null, anonymous: false } as const;
let accountId: string;
beforeEach(() => {
  accountId = `metered${(count += 1)}`;
});

const report = (overrides: Partial<ReportInput> = {}, now = T0, through = deps) =>
  reportUsage(
    through,
    {
      caller: user,
      accountId,
      input: {
        source: "api",
        id: `e${(count += 1)}`,
        feature: "api_calls",
        quantity: toAmount(10),
        at: null,
        corrects: null,
        ...overrides,
      },
    },
    now,
  );
const draw = (quantity: number, key = `k${(count += 1)}`, now = T0, through = deps) =>
  consume(
    through,
    {
      caller: user,
      accountId,
      input: {
        key,
        amount: null,
        quantity: toAmount(quantity),
        unit: "tokens",
        feature: "image_generation",
        metadata: null,
      },
    },
    now,
  );

describe("a price by the catalog", () => {
  const tiered: FeaturePrice = {
    kind: "tiered",
    tiers: [
      { upTo: toAmount(10), tokens: toAmount(5) },
      { upTo: toAmount(100), tokens: toAmount(2) },
      { upTo: null, tokens: toAmount(1) },
    ],
  };
  it.each<[FeaturePrice, number, number | null]>([
    [{ kind: "fixed", tokens: toAmount(7) }, 1000, 7],
    [{ kind: "per_unit", tokens: toAmount(7) }, 3, 21],
    [{ kind: "per_unit", tokens: toAmount(2) }, Number.MAX_SAFE_INTEGER, null],
    [tiered, 1, 5],
    [tiered, 10, 50],
    [tiered, 11, 52],
    [tiered, 100, 230],
    [tiered, 150, 280],
  ])("of %j for %d is %s", (price, quantity, expected) => {
    expect(priceOf(price, toAmount(quantity))).toBe(expected);
  });

  it("pays a use of a feature, counts it, and stays the same for the key when the catalog changes", async () => {
    await deps.post({ accountId, unit: "tokens" }, grantOf(23), T0);
    const first = await draw(3, "art");
    expect(first).toMatchObject({ ok: true, amount: 15, balance: { available: 8 } });
    expect(await draw(2)).toMatchObject({ code: "insufficient_tokens", missing: 2 });
    const dearer = {
      ...deps,
      catalog: async (now: number) => {
        const catalog = await deps.catalog(now);
        const plans = catalog.plans.map((plan) => ({
          ...plan,
          features: {
            ...plan.features,
            image_generation: {
              kind: "metered" as const,
              limit: null,
              hard: true,
              price: { kind: "per_unit" as const, tokens: toAmount(9) },
              holds: DEFAULT_HOLD_TERMS,
            },
          },
        }));
        return { ...catalog, plans };
      },
    };
    const again = await consume(
      dearer,
      {
        caller: user,
        accountId,
        input: {
          key: "art",
          amount: null,
          quantity: toAmount(3),
          unit: "tokens",
          feature: "image_generation",
          metadata: null,
        },
      },
      T0 + 1,
    );
    expect(again).toEqual({ ...first, replayed: true });
    const counter = await test.client.db("tollkeeper").collection("usageCounters").findOne({ accountId });
    expect(counter).toMatchObject({ feature: "image_generation", slot: "2026-03", used: 3 });
    expect(await verifyLedger(deps, { accountId })).toMatchObject({ ok: true });
  });

  it("get their answer again when the catalog has no price for them any more", async () => {
    await deps.post({ accountId, unit: "tokens" }, grantOf(50), T0);
    const first = await draw(2, "priced");
    const catalog = await deps.catalog(T0);
    const plans = catalog.plans.map((plan) => ({
      ...plan,
      features: Object.fromEntries(
        Object.entries(plan.features).map(([name, terms]) => [
          name,
          terms.kind === "metered" ? { ...terms, price: null } : terms,
        ]),
      ),
    }));
    const unpriced = { ...deps, catalog: async () => ({ ...catalog, plans }) };
    expect(await draw(2, "priced", T0 + DAY, unpriced)).toEqual({ ...first, replayed: true });
    expect(await draw(3, "priced", T0 + DAY, unpriced)).toMatchObject({ ok: false, code: "key_reused" });
    await expect(draw(2, "another", T0 + DAY, unpriced)).rejects.toThrow("expected one that the catalog prices");
  });

  it("refuses what the plan does not have, and what it has no price for", async () => {
    await deps.post({ accountId, unit: "tokens" }, grantOf(50), T0);
    const use = (feature: string) =>
      consume(
        deps,
        {
          caller: user,
          accountId,
          input: {
            key: `k${(count += 1)}`,
            amount: null,
            quantity: toAmount(1),
            unit: "tokens",
            feature,
            metadata: null,
          },
        },
        T0,
      );
    expect(await use("teleport")).toMatchObject({ ok: false, code: "not_in_plan", feature: "teleport" });
    expect(await use("export")).toMatchObject({ code: "not_in_plan" });
    await expect(use("api_calls")).rejects.toThrow('expected one that the catalog prices, got "api_calls"');
  });
});

describe("usage events", () => {
  it("are counted once for ever, and tell the count they made", async () => {
    const first = await report({ id: "a" });
    expect(first).toEqual({ ok: true, recorded: true, replayed: false, used: 10, limit: 1000 });
    await report({ id: "b" });
    expect(await report({ id: "a" }, T0 + 300 * DAY)).toEqual({ ...first, replayed: true });
    expect(await report({ id: "a", quantity: toAmount(11) })).toMatchObject({ code: "key_reused" });
    expect(await report({ id: "a", source: "worker" })).toMatchObject({ replayed: false, used: 30 });
  });

  it("stop at a hard limit, exactly, however many race, and start anew with the month", async () => {
    const processes = [depsOver(test.database), depsOver(test.database), depsOver(test.database)];
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => report({ quantity: toAmount(40) }, T0, processes[index % 3])),
    );
    const counted = answers.filter((answer) => answer.ok).length;
    const codes = new Set(
      answers.flatMap((answer) => (answer.ok ? [] : [(answer as unknown as { code: string }).code])),
    );
    let total = counted;
    // Those that lost every race may try again; nothing of them was counted.
    while (codes.has("contention") && total < 25 && (await report({ quantity: toAmount(40) })).ok) total += 1;
    expect(total).toBe(25);
    expect(await report({ quantity: toAmount(1) })).toMatchObject({
      code: "limit_reached",
      limit: 1000,
      used: 1000,
      resetsAt: new Date("2026-04-01T00:00:00Z"),
    });
    expect(await report({ quantity: toAmount(1) }, Date.UTC(2026, 3, 1))).toMatchObject({ ok: true, used: 1 });
  });

  it("that come late are counted in the open month; too late or from the future they are kept, alarmed and not counted", async () => {
    const lastMonth = T0 - 10 * DAY;
    expect(await report({ id: "late", at: lastMonth })).toMatchObject({ ok: true, used: 10 });
    expect(await report({ id: "old", at: T0 - 36 * DAY })).toMatchObject({ code: "usage_out_of_window" });
    expect(await report({ id: "future", at: T0 + 6 * 60_000 })).toMatchObject({ code: "usage_out_of_window" });
    expect(await report({ id: "ahead", at: T0 + 4 * 60_000 })).toMatchObject({ ok: true, used: 20 });
    expect(await report({ id: "old", at: T0 - 36 * DAY }, T0 + DAY)).toMatchObject({ code: "usage_out_of_window" });
    const kept = await test.client.db("tollkeeper").collection("usageKeys").find({ accountId }).toArray();
    expect(kept.map(({ eventId, state, countedIn }) => [eventId, state, countedIn]).sort()).toEqual([
      ["ahead", "counted", "2026-03"],
      ["future", "out_of_window", "2026-03"],
      ["late", "counted", "2026-03"],
      ["old", "out_of_window", "2026-03"],
    ]);
    expect(deps.recorded.alerts.filter(({ event }) => event === "usage_out_of_window").length).toBeGreaterThanOrEqual(
      2,
    );
  });

  it("are taken back by corrections, never more than they were", async () => {
    await report({ id: "wrong", quantity: toAmount(10) });
    const correct = (quantity: number, id = `c${(count += 1)}`) =>
      report({ id, quantity: toAmount(quantity), corrects: "wrong" });
    expect(await correct(4, "fix")).toMatchObject({ ok: true, used: 6 });
    expect(await correct(4, "fix")).toMatchObject({ replayed: true, used: 6 });
    expect(await correct(7)).toMatchObject({ code: "exceeds_spend", reversible: 6 });
    expect(await correct(6)).toMatchObject({ ok: true, used: 0 });
    expect(await report({ corrects: "unknown" })).toMatchObject({ code: "exceeds_spend", reversible: 0 });
    expect(await report({ corrects: "fix", quantity: toAmount(1) })).toMatchObject({ code: "exceeds_spend" });
  });

  it("of a feature the plan does not have are refused", async () => {
    expect(await report({ feature: "teleport" })).toMatchObject({ code: "not_in_plan" });
  });

  it("appear in the time series once, whoever projects, and sum up per day", async () => {
    await report({ quantity: toAmount(5), at: T0 - 2 * DAY });
    await report({ quantity: toAmount(6), at: T0 - 2 * DAY + 1000 });
    await report({ quantity: toAmount(7), id: "x" });
    await report({ quantity: toAmount(3), corrects: "x" });
    await Promise.all([
      projectUsage(deps),
      projectUsage(depsOver(test.database)),
      projectUsage(depsOver(test.database)),
    ]);
    await projectUsage(deps);
    const summary = await summarizeUsage(deps, {
      caller: user,
      accountId,
      input: { feature: "api_calls", from: T0 - 5 * DAY, to: T0 + DAY, granularity: "day" },
    });
    expect(summary.points).toEqual([
      { at: new Date(T0 - 2 * DAY), quantity: 11 },
      { at: new Date(T0), quantity: 4 },
    ]);
  });
});
