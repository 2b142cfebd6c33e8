import fs, { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../../../../platform/stripe/core/journal";
import { openStore } from "../../../../platform/stripe/core/store";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "journal-"));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const row = (id: string) => ({ kind: "setting", id, value: { id } });

describe("the journal", () => {
  it("answers what was appended, in order, after it was closed and opened", async () => {
    const journal = openJournal(folder);
    journal.append([row("a"), row("b")]);
    journal.append([row("ü ❤\n")]);
    await journal.close();
    expect(openJournal(folder).read()).toEqual([row("a"), row("b"), row("ü ❤\n")]);
  });

  it("takes none of a transaction whose line was cut off, and goes on after it", async () => {
    const journal = openJournal(folder);
    journal.append([row("a")]);
    await journal.close();
    appendFileSync(join(folder, "stripe.journal"), JSON.stringify([row("b"), row("c")]));
    const again = openJournal(folder);
    expect(again.read()).toEqual([row("a")]);
    again.append([row("d")]);
    expect(openJournal(folder).read()).toEqual([row("a"), row("d")]);
  });

  it("undoes the transaction and leaves no half line when the disk is full in the middle of it", () => {
    const store = openStore(openJournal(folder), 1);
    const write = fs.writeSync;
    const spy = jest.spyOn(fs, "writeSync").mockImplementation(((file: number, bytes: Buffer) => {
      if (spy.mock.calls.length > 1) throw new Error("ENOSPC");
      return write(file, bytes.subarray(0, 10));
    }) as typeof fs.writeSync);
    const put = (id: string): void => store.atomically(null, (tx) => tx.putQuietly("setting", { id, value: 1 }));
    expect(() => put("lost")).toThrow("ENOSPC");
    spy.mockRestore();
    expect(store.get("setting", "lost")).toBeUndefined();
    put("kept");
    const lines = readFileSync(join(folder, "stripe.journal"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { id: string }[])[0]?.id)).toEqual(["counter", "seed", "kept"]);
  });

  it("waits for a flush that began after the write", async () => {
    const journal = openJournal(folder);
    const order: string[] = [];
    const flush = fs.fdatasync;
    jest.spyOn(fs, "fdatasync").mockImplementation(((file: number, done: (error: Error | null) => void) => {
      order.push("flush");
      flush(file, done);
    }) as typeof fs.fdatasync);
    journal.append([row("a")]);
    const first = journal.settled();
    journal.append([row("b")]);
    const second = [journal.settled(), journal.settled()];
    await first;
    await Promise.all(second);
    expect(order).toEqual(["flush", "flush"]);
  });
});
