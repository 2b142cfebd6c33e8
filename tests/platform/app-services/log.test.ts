import { createClock } from "../../../platform/app-services/clock";
import { createLog } from "../../../platform/app-services/log";

function lineOf(secrets: readonly string[], facts: Record<string, string>): Record<string, unknown> {
  const lines: string[] = [];
  createLog({ clock: createClock(), secrets, sink: (line) => lines.push(line) }).write("info", "thing.happened", facts);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? "");
}

describe("log", () => {
  test("a line is one JSON object with time, level, event and facts, whatever the facts contain", () => {
    expect(lineOf([], { text: 'a "quoted"\nline', requestId: "1" })).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      level: "info",
      event: "thing.happened",
      text: 'a "quoted"\nline',
      requestId: "1",
    });
  });

  test.each([
    ["plain-secret", "plain-secret"],
    ['with "quotes" and \\', 'with "quotes" and \\'],
    ["two\nlines", "two\nlines"],
  ])("the secret %j is blotted out, as often as it stands there", (secret, printed) => {
    expect(lineOf([secret], { text: `<${printed}> and <${printed}>` })["text"]).toBe("<[secret]> and <[secret]>");
  });

  test("of two secrets of which one holds the other, nothing is left over", () => {
    expect(lineOf(["secret-key", "secret-key-of-the-operator"], { text: "secret-key-of-the-operator" })["text"]).toBe(
      "[secret]",
    );
  });
});
