import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, startProductProcess } from "../product-process";
import { connectSimulator } from "../simulator";
import type { Stage } from "./stage";

/** The whole product in a process of its own, whose time stands still until it is moved. */
export interface WholeProduct extends Stage {
  /** Kills it, simulator and database included, and starts it again on the same data. */
  killAndRestart(): Promise<void>;
  /** Moves the time of runtime and simulator, and runs what fell due. */
  advance(seconds: number): Promise<void>;
  end(): Promise<void>;
}

/** Starts the whole product in a folder of its own, which goes with it. */
export async function startWholeProduct(): Promise<WholeProduct> {
  const dataDir = mkdtempSync(join(tmpdir(), "tollkeeper-once-"));
  const variables = { PORT: String(await freePort()), DATA_DIR: dataDir, TEST_CLOCK: "1" };
  let product = await startProductProcess(variables);
  return {
    doors: () => [product],
    simulator: () =>
      connectSimulator({ stripe: { url: product.stripeUrl, secretKey: product.stripeSecretKey, webhookSecret: "" } }),
    mongodbUri: () => product.mongodbUri,
    adminKey: () => product.adminKey,
    killAndRestart: async () => {
      await product.kill();
      product = await startProductProcess(variables);
    },
    advance: async (seconds) => {
      const init = { method: "POST", body: JSON.stringify({ seconds }) };
      const response = await fetch(`${product.baseUrl}/_dev/clock/advance`, init);
      if (!response.ok) throw new Error(`Time did not move by ${seconds} s: ${await response.text()}`);
    },
    end: async () => {
      await product.kill();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
