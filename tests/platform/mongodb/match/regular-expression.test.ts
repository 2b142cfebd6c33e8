import { compileRegex } from "../../../../platform/mongodb/match/regular-expression";
import { compileExpression } from "../../../../platform/mongodb/aggregate/expression";
import { docOf, plainValueOf, valueOf } from "../../../../platform/mongodb/bson/values";

const endless = `${"a".repeat(60)}!`;

test.each(["^(a+)+$", "a*a*a*a*a*a*a*a*a*a*b"])(
  "gives up %s, which would run for ever",
  (pattern) => {
    expect(() => compileRegex(pattern, "").test(endless.repeat(pattern.startsWith("a") ? 40 : 1))).toThrow(
      expect.objectContaining({ code: 51156 }),
    );
  },
  20_000,
);

test("finds what a watched expression finds, in texts of any length", () => {
  const regex = compileRegex("(b+)+$", "i");
  expect(regex.test(`${"a".repeat(100)}BBB`)).toBe(true);
  expect(regex.test("a".repeat(5_000))).toBe(false);
  expect(compileRegex("a*b", "").test(`${"x".repeat(10_000)}aab`)).toBe(true);
  expect(`${"a".repeat(40)}bb`.match(regex)?.[1]).toBe("bb");
});

test("finds all matches in a long text", () => {
  const text = "ab ".repeat(2_000);
  const find = compileExpression(valueOf({ $size: { $regexFindAll: { input: "$text", regex: "(ab)+" } } }));
  expect(plainValueOf(find({ root: docOf({ text }), variables: new Map() }) ?? null)).toBe(2_000);
});
