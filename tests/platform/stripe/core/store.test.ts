import { memoryJournal, type JournalRow } from "../../../../platform/stripe/core/journal";
import { openStore } from "../../../../platform/stripe/core/store";

const setting = (id: string, value: unknown = id) => ({ id, value });

describe("a transaction", () => {
  it("that throws leaves nothing behind, and gives its ids back", () => {
    const store = openStore(memoryJournal, 1);
    store.atomically(null, (tx) => tx.putQuietly("setting", setting("a", 1)));
    let lost = "";
    const failing = (): void =>
      store.atomically(null, (tx) => {
        lost = tx.newId("x_");
        tx.putQuietly("setting", setting("a", 2));
        tx.putQuietly("setting", setting("b"));
        tx.putQuietly("setting", setting("a", 3));
        expect(tx.get("setting", "a")?.value).toBe(3);
        throw new Error("no");
      });
    expect(failing).toThrow("no");
    expect(store.get("setting", "a")?.value).toBe(1);
    expect(store.get("setting", "b")).toBeUndefined();
    expect(store.list("setting").map(({ id }) => id)).toEqual(["a", "seed"]);
    expect(store.atomically(null, (tx) => tx.newId("x_"))).toBe(lost);
  });

  it("reaches the journal whole, as one line, and not at all when it throws", () => {
    const lines: (readonly JournalRow[])[] = [];
    const store = openStore({ ...memoryJournal, append: (rows) => void lines.push(rows) }, 1);
    lines.length = 0;
    store.atomically(null, (tx) => {
      tx.putQuietly("setting", setting("a"));
      tx.putQuietly("setting", setting("b"));
    });
    expect(() =>
      store.atomically(null, (tx) => {
        tx.putQuietly("setting", setting("c"));
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(lines.map((rows) => rows.map(({ id }) => id))).toEqual([["a", "b"]]);
  });
});
