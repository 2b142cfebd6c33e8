import { memoryJournal } from "../../../../platform/stripe/core/journal";
import { openStore } from "../../../../platform/stripe/core/store";
import { createIdempotency, pruneAnswers } from "../../../../platform/stripe/http/idempotency";

const NOW = 1_800_000_000;
const DAY = 24 * 3600;
const call = { key: "key", path: "/v1/customers", fingerprint: "f" };

function setUp() {
  const store = openStore(memoryJournal, 1);
  const saved = {
    id: "key",
    path: call.path,
    fingerprint: "f",
    status: 200,
    body: "{}",
    requestId: "req_1",
    created: NOW,
  };
  store.atomically(null, (tx) => tx.putQuietly("saved_answer", saved));
  return { store, saved, idempotency: createIdempotency(store) };
}

describe("the memory of idempotency keys", () => {
  it("answers for a day, and then lets the key run afresh", () => {
    const { idempotency, saved } = setUp();
    expect(idempotency.begin(call, NOW + DAY - 1)).toEqual(saved);
    expect(idempotency.begin(call, NOW + DAY)).toBeUndefined();
  });

  it("forgets only what is older than a day", () => {
    const { store } = setUp();
    pruneAnswers(store, NOW + DAY - 1);
    expect(store.list("saved_answer")).toHaveLength(1);
    pruneAnswers(store, NOW + DAY);
    expect(store.list("saved_answer")).toHaveLength(0);
  });

  it("refuses a key in flight until it has ended, and other parameters before that", () => {
    const { idempotency } = setUp();
    const other = { ...call, key: "other" };
    expect(idempotency.begin(other, NOW)).toBeUndefined();
    expect(() => idempotency.begin(other, NOW)).toThrow("in-progress request");
    expect(() => idempotency.begin({ ...other, fingerprint: "g" }, NOW)).toThrow("same parameters");
    idempotency.end(other);
    expect(idempotency.begin(other, NOW)).toBeUndefined();
  });
});
