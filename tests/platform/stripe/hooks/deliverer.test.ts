import { memoryJournal } from "../../../../platform/stripe/core/journal";
import { recordEvents } from "../../../../platform/stripe/core/record-events";
import { openStore, type Store } from "../../../../platform/stripe/core/store";
import { createDeliverer } from "../../../../platform/stripe/hooks/deliverer";
import { createPoster } from "../../../../platform/stripe/hooks/post-event";
import { signDelivery } from "../../../../platform/stripe/hooks/sign";
import { newCustomer } from "../../../../platform/stripe/objects/customers";
import { closeAll, startReceiver, type Receiver } from "../simulator-under-test";

afterEach(closeAll);

function addEndpoint(store: Store, { url }: Receiver): void {
  store.atomically(null, (tx) => {
    tx.put("webhook_endpoint", {
      id: "we_1",
      object: "webhook_endpoint",
      api_version: null,
      application: null,
      created: 1,
      description: null,
      enabled_events: ["*"],
      livemode: false,
      metadata: {},
      status: "enabled",
      url,
    });
    tx.putQuietly("endpoint_secrets", { id: "we_1", source: "start", secrets: ["whsec_b"] });
  });
}

describe("the deliverer", () => {
  it("tells an event only after it is on disk, under every secret that is active", async () => {
    let onDisk = (): void => undefined;
    const settled = new Promise<void>((resolve) => (onDisk = resolve));
    const store = openStore({ ...memoryJournal, settled: () => settled }, 1);
    recordEvents(store, { nowSeconds: () => 1 });
    const receiver = await startReceiver();
    addEndpoint(store, receiver);
    const deliverer = createDeliverer({
      store,
      webhookSecret: "whsec_a",
      signingClock: { nowSeconds: () => 1_900_000_000 },
      log: () => undefined,
    });
    store.atomically(null, (tx) => newCustomer(tx, {}, 1));
    const flushed = deliverer.flush();
    // Another answer of the receiver shows that a delivery would have arrived by now.
    await fetch(receiver.url, { method: "POST", body: JSON.stringify({ id: "probe" }) });
    expect(receiver.received.map(({ event }) => event.id)).toEqual(["probe"]);
    onDisk();
    expect(await flushed).toEqual({ sent: 1, delivered: 1, failed: 0 });
    const { body, signature } = receiver.received[1]!;
    expect(signature).toBe(signDelivery(body.toString("utf8"), ["whsec_a", "whsec_b"], 1_900_000_000));
    expect(signature.match(/v1=/g)).toHaveLength(2);
    await deliverer.close();
  });
});

describe("the poster", () => {
  it("starts nothing once it is closed", async () => {
    const receiver = await startReceiver();
    const poster = createPoster();
    poster.close();
    await expect(poster.post(receiver.url, { body: "{}", signature: "" })).rejects.toThrow("The simulator stopped");
    expect(receiver.received).toEqual([]);
  });

  it("ends what is on its way when it is closed", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => null;
    const poster = createPoster();
    const posted = expect(poster.post(receiver.url, { body: "{}", signature: "" })).rejects.toThrow(
      "The simulator stopped",
    );
    await receiver.until(({ length }) => length === 1);
    poster.close();
    await posted;
  });
});

describe("the poster's patience", () => {
  it("ends after ten seconds without an answer", async () => {
    const receiver = await startReceiver();
    receiver.answer = () => null;
    jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "queueMicrotask", "Date"] });
    try {
      const poster = createPoster();
      const posted = poster.post(receiver.url, { body: "{}", signature: "" });
      let ended = false;
      const outcome = posted.catch((error: unknown) => {
        ended = true;
        return error;
      });
      await receiver.until(({ length }) => length === 1);
      await jest.advanceTimersByTimeAsync(9_999);
      expect(ended).toBe(false);
      await jest.advanceTimersByTimeAsync(1);
      expect(await outcome).toMatchObject({ message: "No answer within 10 s" });
    } finally {
      jest.useRealTimers();
    }
  });
});

describe("signDelivery", () => {
  it("makes the signature of the published vector", () => {
    expect(signDelivery('{"id":"evt_1","object":"event"}', ["whsec_test"], 1_760_000_000)).toBe(
      "t=1760000000,v1=95a3fd7f0f6ce7693c04d0dc7b0e77234e7e0b588a980b80b26e094da8fcd88e",
    );
  });
});
