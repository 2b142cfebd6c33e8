import { proveIsolation } from "../../../../scripts/prove/isolation";
import { checkHistory } from "../../../../scripts/prove/isolation/check-history";
import type { History, Step, Transaction } from "../../../../scripts/prove/isolation/history";
import { startServer } from "../started-server";

test("gives 200 random histories of concurrent transactions the isolation of snapshots", async () => {
  const running = await startServer();
  const proof = await proveIsolation({ uri: running.server.uri, rounds: 200, seed: 11, report: () => undefined });
  await running.close();
  expect(proof.wrong).toEqual([]);
  expect(proof.committed).toBeGreaterThan(1000);
  expect(proof.aborted).toBeGreaterThan(200);
  // Were no history to show write skew, the transactions would not have overlapped enough to show anything else either.
  expect(proof.withWriteSkew).toBeGreaterThan(10);
}, 60_000);

const read = (key: string, value: readonly string[], at = 50): Step => ({ kind: "read", key, value, at });
const append = (key: string, element: string): Step => ({ kind: "append", key, element });

function transaction(id: string, steps: readonly Step[], given: Partial<Transaction> = {}): Transaction {
  return { id, status: "committed", startedAt: 1, commitAskedAt: 10, endedAt: 100, steps, ...given };
}

function history(transactions: readonly Transaction[], final: Readonly<Record<string, readonly string[]>>): History {
  return { transactions, final: new Map(Object.entries(final)) };
}

const kindsOf = (given: History): readonly string[] => [
  ...new Set(checkHistory(given).anomalies.map((one) => one.kind)),
];

describe("the checker of histories", () => {
  const bad: readonly [string, string, History][] = [
    [
      "a write that another overwrote unseen",
      "lost update",
      history(
        [transaction("a", [read("x", []), append("x", "1")]), transaction("b", [read("x", []), append("x", "2")])],
        {
          x: ["2"],
        },
      ),
    ],
    [
      "a write that was made on an old state",
      "lost update",
      history([transaction("a", [append("x", "1")]), transaction("b", [read("x", []), append("x", "2")])], {
        x: ["1", "2"],
      }),
    ],
    [
      "a read of what an aborted transaction wrote",
      "aborted read",
      history([transaction("a", [append("x", "1")], { status: "aborted" }), transaction("b", [read("x", ["1"])])], {
        x: [],
      }),
    ],
    [
      "a read of what was not yet committed",
      "dirty read",
      history([transaction("a", [append("x", "1")], { commitAskedAt: 60 }), transaction("b", [read("x", ["1"], 50)])], {
        x: ["1"],
      }),
    ],
    [
      "a read of half of what a transaction wrote to a key",
      "intermediate read",
      history([transaction("a", [append("x", "1"), append("x", "2")]), transaction("b", [read("x", ["1"])])], {
        x: ["1", "2"],
      }),
    ],
    [
      "two reads of one key that differ",
      "non-repeatable read",
      history([transaction("a", [append("x", "1")]), transaction("b", [read("x", []), read("x", ["1"])])], {
        x: ["1"],
      }),
    ],
    [
      "a transaction that does not see its own write",
      "non-repeatable read",
      history([transaction("a", [read("x", []), append("x", "1"), read("x", [])])], { x: ["1"] }),
    ],
    ["a value that nobody wrote", "unwritten value", history([transaction("a", [read("x", ["9"])])], { x: ["9"] })],
    [
      "an aborted write that stayed",
      "unwritten value",
      history([transaction("a", [append("x", "1")], { status: "aborted" })], { x: ["1"] }),
    ],
    [
      "a snapshot with one half of a transaction over two keys",
      "inconsistent snapshot",
      history(
        [transaction("a", [append("x", "1"), append("y", "2")]), transaction("b", [read("x", ["1"]), read("y", [])])],
        { x: ["1"], y: ["2"] },
      ),
    ],
    [
      "two readers that see two writers in different orders",
      "inconsistent snapshot",
      history(
        [
          transaction("a", [append("x", "1")]),
          transaction("b", [append("y", "2")]),
          transaction("c", [read("x", ["1"]), read("y", [])]),
          transaction("d", [read("x", []), read("y", ["2"])]),
        ],
        { x: ["1"], y: ["2"] },
      ),
    ],
    [
      "a snapshot older than a commit that was acknowledged before it began",
      "inconsistent snapshot",
      history(
        [transaction("a", [append("x", "1")]), transaction("b", [read("x", [])], { startedAt: 200, endedAt: 300 })],
        {
          x: ["1"],
        },
      ),
    ],
    [
      "two transactions that each saw the other's write",
      "inconsistent snapshot",
      history(
        [
          transaction("a", [append("x", "1"), read("y", ["2"])]),
          transaction("b", [append("y", "2"), read("x", ["1"])]),
        ],
        { x: ["1"], y: ["2"] },
      ),
    ],
  ];

  test.each(bad)("finds %s", (_, kind, given) => {
    expect(kindsOf(given)).toEqual([kind]);
  });

  test("lets write skew pass, and names it", () => {
    const skew = history(
      [
        transaction("a", [read("x", []), read("y", []), append("x", "1")]),
        transaction("b", [read("x", []), read("y", []), append("y", "2")]),
      ],
      { x: ["1"], y: ["2"] },
    );
    expect(checkHistory(skew)).toEqual({ anomalies: [], hasWriteSkew: true });
  });

  test("lets transactions pass that ran one after the other", () => {
    const serial = history(
      [
        transaction("a", [read("x", []), append("x", "1")]),
        transaction("b", [read("x", ["1"]), append("x", "2"), read("x", ["1", "2"])]),
        transaction("c", [read("x", ["1", "2"])], { status: "aborted" }),
      ],
      { x: ["1", "2"] },
    );
    expect(checkHistory(serial)).toEqual({ anomalies: [], hasWriteSkew: false });
  });
});
