import fc from "fast-check";
import { isFound, parseSearchQuery, type SearchFields } from "../../../../platform/stripe/http/search-query";
import { StripeError } from "../../../../platform/stripe/http/stripe-error";

const fields: SearchFields = {
  email: { type: "string" },
  name: { type: "string" },
  url: { type: "string" },
  amount: { type: "numeric" },
  currency: { type: "token" },
  active: { type: "token", values: ["true", "false"] },
  "card.last4": { type: "token" },
  metadata: { type: "metadata" },
};
const object = {
  email: "amy@rocketrides.io",
  name: "Amy  Rocket of Mars",
  url: null,
  amount: 1000,
  currency: "usd",
  active: true,
  card: { last4: "0042" },
  metadata: { "donation-id": "asdf-jkl", 'a "b"': "it's" },
};
const finds = (query: string): boolean => isFound(parseSearchQuery(query, "things", fields), object);
const refusalOf = (query: string): StripeError => {
  try {
    parseSearchQuery(query, "things", fields);
  } catch (error) {
    if (error instanceof StripeError) return error;
    throw error;
  }
  throw new Error(`Expected a refusal of ${query}`);
};

describe("a search query", () => {
  it.each([
    [`email:"AMY@rocketrides.io"`, true],
    [`email:'amy@rocketrides.io'`, true],
    [`email:"amy"`, false],
    [`email~"amy"`, true],
    [`email~"bob"`, false],
    [`name:"rocket OF"`, true],
    [`name:"of rocket"`, false],
    [`name:"rock"`, false],
    [`currency:"USD"`, true],
    [`currency:"us"`, false],
    [`active:"true"`, true],
    [`active:"false"`, false],
    [`amount:1000`, true],
    [`amount:"1000"`, true],
    [`amount>999.5`, true],
    [`amount>1000`, false],
    [`amount>="1000"`, true],
    [`amount<1000`, false],
    [`amount<=1000`, true],
    [`amount>-5`, true],
    [`card.last4:0042`, true],
    [`card.last4:42`, false],
    [`url:null`, true],
    [`url:NULL`, true],
    [`-url:null`, false],
    [`name:null`, false],
    [`name:"null"`, false],
    [`metadata["donation-id"]:"asdf-jkl"`, true],
    [`metadata['donation-id']:'asdf'`, false],
    [`metadata["donation-id"]:null`, false],
    [`-metadata["donation-id"]:null`, true],
    [`metadata["toString"]:null`, true],
    [`metadata["a \\"b\\""]:'it\\'s'`, true],
    [`-currency:"jpy"`, true],
    [`-url:"x"`, true],
    [`currency:"usd" amount:1000`, true],
    [`currency:"usd"   AND   amount:1`, false],
    [`currency:"jpy" or amount:1000`, true],
    [`currency:"jpy" OR -amount:1000`, false],
    [`-currency:"jpy" and -currency:"eur"`, true],
    [`  currency:"usd"  `, true],
  ])("%s finds it: %s", (query, expected) => {
    expect(finds(query)).toBe(expected);
  });

  it.each([
    [``, "unable to parse"],
    [`amy`, "unable to parse"],
    [`email`, "unable to parse"],
    [`email:`, "unable to parse"],
    [`email:amy`, "unable to parse"],
    [`email:"amy`, "unable to parse"],
    [`email="amy"`, "unable to parse"],
    [`amount:10x`, "unable to parse"],
    [`(amount:1)`, "unable to parse"],
    [`amount:1 AND`, "unable to parse"],
    [`AND amount:1`, "unable to parse"],
    [`amount:1 XOR amount:2`, "unable to parse"],
    [`amount:1amount:2`, "unable to parse"],
    [`amount:1 AND amount:2 OR amount:3`, "AND or with OR"],
    [`amount:1 amount:2 OR amount:3`, "AND or with OR"],
    [Array.from({ length: 11 }, (_, index) => `amount:${index}`).join(" OR "), "at most 10"],
    [`colour:"red"`, "`colour` is an unsupported search field for resource `things`"],
    [`constructor:"x"`, "unsupported"],
    [`metadata:"x"`, "unsupported"],
    [`email["x"]:"y"`, "unsupported"],
    [`email>"a"`, "Operator"],
    [`currency~"usd"`, "Operator"],
    [`metadata["k"]~"usd"`, "Operator"],
    [`amount~"100"`, "Operator"],
    [`amount>null`, "Operator"],
    [`amount>"many"`, "expected a number"],
    [`email~"am"`, "at least 3"],
    [`active:"yes"`, "true or false"],
  ])("%s is refused: %s", (query, message) => {
    const refusal = refusalOf(query);
    expect(refusal).toMatchObject({ status: 400, body: { type: "invalid_request_error", param: "query" } });
    expect(refusal.message).toContain(message);
  });

  it("finds any value by itself, quoted and escaped, and its negation finds the rest", () => {
    const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (key, value) => {
        const clause = `metadata[${quoted(key)}]:${quoted(value)}`;
        const owner = { metadata: Object.fromEntries([[key, value]]) };
        expect(isFound(parseSearchQuery(clause, "things", fields), owner)).toBe(true);
        expect(isFound(parseSearchQuery(`-${clause}`, "things", fields), owner)).toBe(false);
      }),
    );
  });

  it("is understood or refused, whatever it is", () => {
    const piece = fc.constantFrom(
      "email",
      "amount",
      ":",
      "~",
      ">",
      "-",
      '"',
      "'",
      "\\",
      "null",
      "12",
      " ",
      "AND",
      "OR",
      "metadata",
      "[",
      "]",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          isFound(parseSearchQuery(pieces.join(""), "things", fields), object);
        } catch (error) {
          expect(error).toBeInstanceOf(StripeError);
        }
      }),
    );
  });
});
