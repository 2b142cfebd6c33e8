import { standingClock, type AccountClock } from "../../../../platform/stripe/core/clock";
import { memoryJournal } from "../../../../platform/stripe/core/journal";
import { runOnTime } from "../../../../platform/stripe/core/due-work";
import { recordEvents } from "../../../../platform/stripe/core/record-events";
import { openStore, type Store } from "../../../../platform/stripe/core/store";
import { sessionParameters } from "../../../../platform/stripe/objects/checkout-parameters";
import { dueSessions } from "../../../../platform/stripe/objects/expire-sessions";
import { newSession } from "../../../../platform/stripe/objects/new-session";
import { paySession } from "../../../../platform/stripe/objects/settle-session";
import { GOOD_CARD } from "../../../../platform/stripe/objects/test-cards";

const START = 1_800_000_000;

interface Machine {
  now: number;
}

function setUp(): { store: Store; clock: AccountClock; machine: Machine; create(): string } {
  const machine = { now: START };
  const clock = standingClock({ nowSeconds: () => machine.now });
  const store = openStore(memoryJournal, 1);
  recordEvents(store, clock);
  const params = sessionParameters.parse({
    mode: "payment",
    success_url: "https://shop.example",
    line_items: [{ quantity: "1", price_data: { currency: "usd", unit_amount: "500", product_data: { name: "x" } } }],
  });
  const create = (): string =>
    store.atomically(null, (tx) => {
      const context = { tx, now: machine.now, clock, baseUrl: "http://x", webhookSecret: "whsec_x" };
      return newSession(params, context).id;
    });
  return { store, clock, machine, create };
}

describe("a checkout session whose time is over", () => {
  it("expires by itself with its event, and one that was paid does not", () => {
    const { store, clock, machine, create } = setUp();
    const [abandoned, paid] = [create(), create()];
    store.atomically(null, (tx) => paySession(tx, paid, { card: GOOD_CARD, email: null, now: machine.now }));
    machine.now = START + 24 * 3600;
    let told = 0;
    runOnTime({ store, clock, sources: [dueSessions], committed: () => (told += 1), log: () => undefined }).stop();
    expect(store.get("checkout.session", abandoned)?.status).toBe("expired");
    expect(store.get("checkout.session", paid)?.status).toBe("complete");
    expect(store.list("event")[0]).toMatchObject({
      type: "checkout.session.expired",
      created: machine.now,
      request: { id: null },
    });
    expect(told).toBe(1);
  });

  it("expires in order of time, each dated when it fell due, however far the clock leapt", () => {
    const { store, clock, machine, create } = setUp();
    const first = create();
    machine.now = START + 600;
    const second = create();
    machine.now = START + 365 * 24 * 3600;
    runOnTime({ store, clock, sources: [dueSessions], committed: () => undefined, log: () => undefined }).stop();
    expect(store.list("event").slice(0, 2).toReversed()).toMatchObject([
      { created: START + 24 * 3600, data: { object: { id: first } } },
      { created: START + 600 + 24 * 3600, data: { object: { id: second } } },
    ]);
    expect(clock.nowSeconds()).toBe(machine.now);
  });

  it("stays open until the last second", () => {
    const { store, clock, machine, create } = setUp();
    const id = create();
    machine.now = START + 24 * 3600 - 1;
    runOnTime({ store, clock, sources: [dueSessions], committed: () => undefined, log: () => undefined }).stop();
    expect(store.get("checkout.session", id)?.status).toBe("open");
  });

  it("cannot be paid even before the clock's work has expired it", () => {
    const { store, machine, create } = setUp();
    const id = create();
    machine.now = START + 24 * 3600;
    const pay = (): unknown =>
      store.atomically(null, (tx) => paySession(tx, id, { card: GOOD_CARD, email: null, now: machine.now }));
    expect(pay).toThrow("it is expired");
    expect(store.list("charge")).toEqual([]);
  });
});
