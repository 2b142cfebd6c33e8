import { parseArgs } from "node:util";
import { startStripe } from "./index";

/** Runs the simulator from the command line until SIGTERM or SIGINT; prints one JSON line when it is ready. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      host: { type: "string", default: "127.0.0.1" },
      data: { type: "string", default: ":memory:" },
      seed: { type: "string" },
      "test-clock": { type: "boolean", default: false },
    },
  });
  const simulator = await startStripe({
    port: wholeNumber("port", values.port),
    host: values.host,
    dataDir: values.data,
    testClock: values["test-clock"],
    ...(values.seed === undefined ? {} : { seed: wholeNumber("seed", values.seed) }),
    log: (line) => console.error(line),
  });
  const { url: stripeUrl, secretKey, webhookSecret } = simulator;
  console.log(JSON.stringify({ event: "ready", stripeUrl, secretKey, webhookSecret }));
  const stop = (): void => void simulator.close().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

function wholeNumber(name: string, given: string): number {
  const value = Number(given);
  if (!/^\d+$/.test(given) || !Number.isSafeInteger(value)) {
    throw new Error(`--${name} must be a whole number, given ${given}`);
  }
  return value;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
