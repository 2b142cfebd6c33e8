import { buildApp } from "./build/build-app";
import { commandsProof } from "./prove/commands";
import { crashProof } from "./prove/crash";
import { isolationProof } from "./prove/isolation";
import { historiesProof } from "./prove/histories";
import { lawsProof } from "./prove/laws";
import { onceProof } from "./prove/once";
import { ordersProof } from "./prove/orders";
import { quarterProof } from "./prove/quarter";
import { racesProof } from "./prove/races";
import { stripeCallsProof } from "./prove/stripe-calls";
import { holds, proveSpends } from "./prove/spends";

/** The long proofs, by name; each prints its progress and answers whether it holds. */
const PROOFS: Readonly<Record<string, () => Promise<boolean>>> = {
  spends: async () => {
    await buildApp();
    const proof = await proveSpends({ rounds: 20, report: (line) => console.log(line) });
    console.log(JSON.stringify(proof));
    return holds(proof);
  },
  laws: () => Promise.resolve(lawsProof()),
  commands: () => commandsProof(),
  crash: () => crashProof(process.argv.slice(3)),
  isolation: () => isolationProof(process.argv.slice(3)),
  races: () => racesProof(),
  once: () => onceProof(process.argv.slice(3)),
  quarter: () => quarterProof(process.argv.slice(3)),
  orders: () => ordersProof(process.argv.slice(3)),
  "stripe-calls": () => stripeCallsProof(process.argv.slice(3)),
  histories: () => historiesProof(process.argv.slice(3)),
};

async function main(): Promise<void> {
  const name = process.argv[2] ?? "";
  const proof = PROOFS[name];
  if (proof === undefined) {
    console.error(`prove: expected one of ${Object.keys(PROOFS).join(", ")}, got "${name}"`);
    process.exit(2);
  }
  const startedAt = Date.now();
  const held = await proof();
  console.log(`${name} ${held ? "holds" : "DOES NOT HOLD"} after ${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
  process.exit(held ? 0 : 1);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
