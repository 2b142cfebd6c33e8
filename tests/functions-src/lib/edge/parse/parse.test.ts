import { parseCatalog } from "../../../../../functions-src/lib/edge/parse/catalog";
import { parseGrant } from "../../../../../functions-src/lib/edge/parse/admin";
import { parseAutoTopUp, parseCheckout, parseNothing } from "../../../../../functions-src/lib/edge/parse/billing";
import { parseBalance, parseConsume, parseHistory } from "../../../../../functions-src/lib/edge/parse/wallet";

const consume = (overrides: object): unknown => parseConsume({ key: "k", amount: 1, ...overrides });
const grant = (overrides: object): unknown =>
  parseGrant({ key: "k", accountId: "acc", amount: 5, class: "promo", reason: "because", ...overrides });
const checkout = (overrides: object): unknown =>
  parseCheckout({
    key: "k",
    pack: "pack-100",
    successUrl: "https://a.example/",
    cancelUrl: "https://a.example/",
    ...overrides,
  });

describe("an argument", () => {
  it("gets its defaults", () => {
    expect(consume({})).toEqual({ key: "k", amount: 1, quantity: null, unit: "tokens", feature: null, metadata: null });
    expect(parseHistory({})).toEqual({ unit: "tokens", limit: 50, before: null, kinds: null });
    expect(parseBalance(undefined)).toEqual({ unit: "tokens" });
    expect(grant({})).toMatchObject({
      priority: 50,
      effectiveAt: null,
      expiresAt: null,
      costMinor: 0,
      currency: null,
      scope: null,
    });
  });

  it("reads dates as instants and sorts a scope", () => {
    expect(grant({ expiresAt: new Date(5000), scope: ["b", "a", "b"] })).toMatchObject({
      expiresAt: 5000,
      scope: ["a", "b"],
    });
  });

  const rows: readonly [string, () => unknown, string][] = [
    ["a missing key", () => consume({ key: undefined }), "key: expected a text of 1 to 200 characters, got nothing"],
    ["an empty key", () => consume({ key: "" }), 'key: expected a text of 1 to 200 characters, got ""'],
    [
      "a key too long",
      () => consume({ key: "x".repeat(201) }),
      `key: expected a text of 1 to 200 characters, got "${"x".repeat(60)}..."`,
    ],
    ["half a token", () => consume({ amount: 1.5 }), "amount: expected a whole number in 1..2^53-1, got 1.5"],
    ["no token", () => consume({ amount: 0 }), "amount: expected a whole number in 1..2^53-1, got 0"],
    ["less than no token", () => consume({ amount: -3 }), "amount: expected a whole number in 1..2^53-1, got -3"],
    [
      "an amount past 2^53-1",
      () => consume({ amount: 2 ** 53 }),
      "amount: expected a whole number in 1..2^53-1, got 9007199254740992",
    ],
    [
      "an amount that is no number",
      () => consume({ amount: Number.NaN }),
      "amount: expected a whole number in 1..2^53-1, got NaN",
    ],
    ["an amount as text", () => consume({ amount: "5" }), 'amount: expected a whole number in 1..2^53-1, got "5"'],
    [
      "neither amount nor quantity",
      () => parseConsume({ key: "k" }),
      "amount: expected an amount, or a feature and a quantity, got",
    ],
    [
      "amount and quantity",
      () => consume({ quantity: 2, feature: "chat" }),
      "amount: expected an amount, or a feature and a quantity",
    ],
    [
      "a quantity of nothing",
      () => parseConsume({ key: "k", quantity: 2 }),
      "amount: expected an amount, or a feature and a quantity",
    ],
    ["an unknown field", () => consume({ ammount: 5 }), 'argument: unknown field "ammount"'],
    [
      "a unit with a colon",
      () => consume({ unit: "a:b" }),
      'unit: expected a unit of lower-case letters, digits and underscores, got "a:b"',
    ],
    [
      "metadata too large",
      () => consume({ metadata: { a: "x".repeat(5000) } }),
      "metadata: expected at most 4096 characters of JSON, got an object",
    ],
    ["no object at all", () => parseConsume("hello"), 'argument: expected object, got "hello"'],
    ["an argument where none is taken", () => parseNothing({ a: 1 }), 'argument: unknown field "a"'],
    ["a limit too large", () => parseHistory({ limit: 1000 }), "limit: expected a whole number in 1..200, got 1000"],
    ["a cost without its currency", () => grant({ costMinor: 5 }), "currency: expected a currency beside costMinor"],
    [
      "a reason too short",
      () => grant({ reason: " x " }),
      'reason: expected a reason of 3 to 1000 characters, got "x"',
    ],
    ["a date that is a text", () => grant({ expiresAt: "tomorrow" }), 'expiresAt: expected a date, got "tomorrow"'],
    [
      "a page that is no page",
      () => checkout({ successUrl: "javascript:alert(1)" }),
      'successUrl: expected an http or https address, got "javascript:alert(1)"',
    ],
    [
      "a price that Stripe cannot charge",
      () =>
        parseCatalog([
          {
            kind: "pack",
            id: "p",
            name: "P",
            price: { amountMinor: 2505, currency: "KWD" },
            tokens: 1,
            lifeDays: null,
          },
        ]),
      "0.price.amountMinor: expected a multiple of 10, as Stripe charges KWD, got 2505",
    ],
    [
      "a top-up of a unit that no pack sells",
      () => parseAutoTopUp({ enabled: false, unit: "credits" }),
      'unit: expected tokens, the unit that packs sell, got "credits"',
    ],
    ["a plan, which is not sold yet", () => checkout({ plan: "pro" }), 'argument: unknown field "plan"'],
  ];
  it.each(rows)("is refused for %s, with path, value and what was expected", (_what, parse, message) => {
    expect(parse).toThrow(message);
  });

  it("names every defect at once", () => {
    expect(() => consume({ key: 1, amount: "x", more: true })).toThrow(
      /key: .*; amount: .*; argument: unknown field "more"/,
    );
  });
});
