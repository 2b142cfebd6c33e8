import { createWorkQueue, QueueFullError } from "../../../../platform/app-services/auth/work-queue";

function gate(): { readonly opened: Promise<void>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe("work queue", () => {
  test("runs no more jobs at once than it has places", async () => {
    const queue = createWorkQueue({ concurrency: 2, limit: 10 });
    const hold = gate();
    let running = 0;
    let most = 0;
    const jobs = Array.from({ length: 8 }, () =>
      queue.run(async () => {
        running += 1;
        most = Math.max(most, running);
        await hold.opened;
        running -= 1;
      }),
    );
    hold.open();
    await Promise.all(jobs);
    expect(most).toBe(2);
  });

  test("refuses at once when every waiting place is taken, and takes jobs again later", async () => {
    const queue = createWorkQueue({ concurrency: 1, limit: 1 });
    const hold = gate();
    const first = queue.run(() => hold.opened);
    const second = queue.run(() => Promise.resolve());
    await expect(queue.run(() => Promise.resolve())).rejects.toThrow(QueueFullError);
    hold.open();
    await Promise.all([first, second]);
    await expect(queue.run(() => Promise.resolve("ran"))).resolves.toBe("ran");
  });

  test("gives its place back when a job fails", async () => {
    const queue = createWorkQueue({ concurrency: 1, limit: 0 });
    await expect(queue.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await expect(queue.run(() => Promise.resolve("ran"))).resolves.toBe("ran");
  });
});
