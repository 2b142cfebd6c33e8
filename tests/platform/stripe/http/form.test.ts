import fc from "fast-check";
import { bracketPath, parseForm } from "../../../../platform/stripe/http/form";

describe("parseForm", () => {
  it.each([
    ["a[b][c]=x", { a: { b: { c: "x" } } }],
    ["a[]=1&a[]=2", { a: ["1", "2"] }],
    ["a[0]=1&a[1]=2", { a: ["1", "2"] }],
    ["a[][x]=1&a[][y]=2&a[][x]=3", { a: [{ x: "1", y: "2" }, { x: "3" }] }],
    [
      "a[][x][k]=1&a[][y]=2&a[][x][k]=3&a[][y]=4",
      {
        a: [
          { x: { k: "1" }, y: "2" },
          { x: { k: "3" }, y: "4" },
        ],
      },
    ],
    ["a%5B%5D=1&a%5B%5D=2", { a: ["1", "2"] }],
    ["a=1&a=2", { a: "2" }],
    ["a=&b", { a: "", b: "" }],
    ["a=x+y%2Bz", { a: "x y+z" }],
  ])("reads %s", (text, expected) => {
    expect(JSON.parse(JSON.stringify(parseForm(text)))).toEqual(expected);
  });

  it("never answers anything but a form or a refusal, and leaves the prototype alone", () => {
    const piece = fc.constantFrom(
      "a",
      "[",
      "]",
      "[]",
      "=",
      "&",
      "%",
      "%5B",
      "__proto__",
      "[0]",
      "[99999]",
      "constructor",
      ".",
      "é",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          parseForm(pieces.join(""));
        } catch (error) {
          expect(error).toMatchObject({ status: 400 });
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("bracketPath", () => {
  it("names parameters as Stripe does", () => {
    expect(bracketPath(["line_items", 0, "price_data", "currency"])).toBe("line_items[0][price_data][currency]");
  });
});
