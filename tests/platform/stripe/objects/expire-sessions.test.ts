import { memoryJournal } from "../../../../platform/stripe/core/journal";
import { recordEvents } from "../../../../platform/stripe/core/record-events";
import { openStore, type Store } from "../../../../platform/stripe/core/store";
import { sessionParameters } from "../../../../platform/stripe/objects/checkout-parameters";
import { expireSessionsOnTime } from "../../../../platform/stripe/objects/expire-sessions";
import { newSession } from "../../../../platform/stripe/objects/new-session";
import { paySession } from "../../../../platform/stripe/objects/settle-session";
import { GOOD_CARD } from "../../../../platform/stripe/objects/test-cards";

const START = 1_800_000_000;

function setUp(): { store: Store; clock: { now: number; nowSeconds(): number }; create(): string } {
  const clock = { now: START, nowSeconds: () => clock.now };
  const store = openStore(memoryJournal, 1);
  recordEvents(store, clock);
  const params = sessionParameters.parse({
    mode: "payment",
    success_url: "https://shop.example",
    line_items: [{ quantity: "1", price_data: { currency: "usd", unit_amount: "500", product_data: { name: "x" } } }],
  });
  const create = (): string =>
    store.atomically(null, (tx) => {
      const context = { tx, now: clock.now, clock, baseUrl: "http://x", webhookSecret: "whsec_x" };
      return newSession(params, context).id;
    });
  return { store, clock, create };
}

describe("a checkout session whose time is over", () => {
  it("expires by itself with its event, and one that was paid does not", () => {
    const { store, clock, create } = setUp();
    const [abandoned, paid] = [create(), create()];
    store.atomically(null, (tx) => paySession(tx, paid, { card: GOOD_CARD, email: null, now: clock.now }));
    clock.now = START + 24 * 3600;
    let told = 0;
    expireSessionsOnTime({ store, clock, committed: () => (told += 1), log: () => undefined })();
    expect(store.get("checkout.session", abandoned)?.status).toBe("expired");
    expect(store.get("checkout.session", paid)?.status).toBe("complete");
    expect(store.list("event")[0]).toMatchObject({
      type: "checkout.session.expired",
      created: clock.now,
      request: { id: null },
    });
    expect(told).toBe(1);
  });

  it("stays open until the last second", () => {
    const { store, clock, create } = setUp();
    const id = create();
    clock.now = START + 24 * 3600 - 1;
    expireSessionsOnTime({ store, clock, committed: () => undefined, log: () => undefined })();
    expect(store.get("checkout.session", id)?.status).toBe("open");
  });

  it("cannot be paid even before the clock's work has expired it", () => {
    const { store, clock, create } = setUp();
    const id = create();
    clock.now = START + 24 * 3600;
    const pay = (): unknown =>
      store.atomically(null, (tx) => paySession(tx, id, { card: GOOD_CARD, email: null, now: clock.now }));
    expect(pay).toThrow("it is expired");
    expect(store.list("charge")).toEqual([]);
  });
});
