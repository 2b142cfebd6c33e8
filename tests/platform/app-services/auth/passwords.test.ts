import { createPasswords } from "../../../../platform/app-services/auth/passwords";
import { createWorkQueue, QueueFullError } from "../../../../platform/app-services/auth/work-queue";

describe("passwords", () => {
  const passwords = createPasswords();

  test("a hash names its memory-hard parameters, has its own salt, and never holds the password", async () => {
    const [one, two] = await Promise.all([passwords.hash("open sesame"), passwords.hash("open sesame")]);
    expect(one).toMatch(/^scrypt\$32768\$8\$3\$/);
    expect(one).not.toBe(two);
    expect(one).not.toContain("sesame");
  });

  test("the right password verifies, others do not, and no password fits an unknown user", async () => {
    const stored = await passwords.hash("open sesame");
    await expect(passwords.verify("open sesame", stored)).resolves.toBe(true);
    await expect(passwords.verify("open Sesame", stored)).resolves.toBe(false);
    await expect(passwords.verify("open sesame", null)).resolves.toBe(false);
  });

  test("the same text in another Unicode form is the same password", async () => {
    const stored = await passwords.hash("caf\u00e9 au lait");
    await expect(passwords.verify("cafe\u0301 au lait", stored)).resolves.toBe(true);
  });

  test("checking an unknown user hashes as much as checking a known one", async () => {
    let hashes = 0;
    const counting = createPasswords({
      run(job) {
        hashes += 1;
        return job();
      },
    });
    await counting.verify("anything", null);
    expect(hashes).toBe(1);
  });

  test("a flood is refused instead of eating the memory", async () => {
    const narrow = createPasswords(createWorkQueue({ concurrency: 1, limit: 1 }));
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => narrow.hash("open sesame")));
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused).toHaveLength(3);
    expect(refused.every((result) => result.reason instanceof QueueFullError)).toBe(true);
  });
});
