import {
  type Contest,
  GOOD_STANDING,
  type Standing,
  gateOf,
  suspensionReasons,
  withReasons,
} from "../../../../functions-src/lib/domain/standing";

const contest = (disputeId: string, more: Partial<Contest> = {}): Contest => ({
  disputeId,
  open: true,
  fraud: false,
  ...more,
});
const lostFraud = { open: false, fraud: true };

describe("reasons to suspend an account", () => {
  it.each<[string, readonly Contest[], readonly string[]]>([
    ["no dispute", [], []],
    ["one open dispute", [contest("a")], []],
    ["two open disputes", [contest("b"), contest("a")], ["a", "b"]],
    ["one for fraud", [contest("a", { fraud: true })], ["a"]],
    ["one lost as fraud beside an open one", [contest("a", lostFraud), contest("b")], ["a"]],
    ["a dispute that is told twice", [contest("a", { fraud: true }), contest("a", { fraud: true })], ["a"]],
  ])("are, of %s, what the rules say", (_name, contests, reasons) => {
    expect(suspensionReasons(contests)).toEqual(reasons);
  });
});

describe("a standing", () => {
  const after = (standing: Standing, ...turns: readonly (readonly string[])[]): Standing =>
    turns.reduce(withReasons, standing);

  it("is suspended for a new reason, and good again when the last is gone", () => {
    expect(after(GOOD_STANDING, ["a"])).toMatchObject({ status: "suspended", suspendedFor: ["a"] });
    expect(after(GOOD_STANDING, ["a", "b"], ["a"])).toMatchObject({ status: "suspended" });
    expect(after(GOOD_STANDING, ["a"], [])).toEqual(GOOD_STANDING);
  });

  it("that an operator mended is not suspended again for the same dispute, but for another", () => {
    const mended = { ...after(GOOD_STANDING, ["a"]), status: "open" } as const;
    expect(after(mended, ["a"])).toMatchObject({ status: "open" });
    expect(after(mended, ["a", "b"])).toMatchObject({ status: "suspended" });
    expect(after(mended, [], ["a"])).toMatchObject({ status: "suspended" });
  });

  it("of a closed account stays closed, and a frozen one stays frozen", () => {
    expect(after({ ...GOOD_STANDING, status: "closed" }, ["a"], [])).toMatchObject({ status: "closed" });
    expect(after({ ...GOOD_STANDING, frozen: true }, ["a"], [])).toMatchObject({ status: "open", frozen: true });
  });

  it.each([
    [{ status: "open", frozen: false }, "open"],
    [{ status: "open", frozen: true }, "frozen"],
    [{ status: "suspended", frozen: true }, "suspended"],
    [{ status: "closed", frozen: true }, "closed"],
  ] as const)("of %j gives its wallets the gate %s", (standing, gate) => {
    expect(gateOf(standing)).toBe(gate);
  });
});
