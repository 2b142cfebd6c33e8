import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { App, Credentials, type User } from "realm-web";
import type {
  BalanceAnswer,
  ConsumeAnswer,
  GrantAnswer,
  Me,
  Refusal,
  VerifyAnswer,
} from "../../functions-src/lib/contract";
import { DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { type ProductProcess, freePort, startProductProcess } from "./product-process";

const TOKENS = 1_000_000;
const CLIENTS = 8;
const PERSON = { email: "ada@example.org", password: "correct horse" };

/** What a proof of crashes found. Holds for a passed proof: the three counts are equal and `verified`. */
export interface SpendsProof {
  readonly rounds: number;
  readonly acknowledged: number;
  readonly repeatedAfterCrash: number;
  readonly ledgerEntries: number;
  readonly balanceChange: number;
  readonly verified: boolean;
}

/**
 * Kills the whole product in the middle of a stream of spends, starts it again, and repeats every call that got no answer
 * with its key. Afterwards acknowledged spends, ledger entries and the change of the balance must be one number.
 */
export async function proveSpends(options: {
  readonly rounds: number;
  readonly report: (line: string) => void;
}): Promise<SpendsProof> {
  const dataDir = mkdtempSync(join(tmpdir(), "tollkeeper-spends-"));
  const variables = { PORT: String(await freePort()), DATA_DIR: dataDir };
  let product = await startProductProcess(variables);
  try {
    await prepareCustomer(product);
    let acknowledged = 0;
    let repeatedAfterCrash = 0;
    for (let round = 1; round <= options.rounds; round += 1) {
      const stream = streamSpends(await signIn(product), round);
      await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 450));
      await product.kill();
      const { answered, open } = await stream.stopped();
      product = await startProductProcess(variables);
      const user = await signIn(product);
      await Promise.all(open.map((key) => spendOnce(user, key)));
      acknowledged += answered + open.length;
      repeatedAfterCrash += open.length;
      options.report(`round ${round}/${options.rounds}: ${answered} answered, ${open.length} repeated after the crash`);
    }
    return { rounds: options.rounds, acknowledged, repeatedAfterCrash, ...(await count(product)) };
  } finally {
    await product.kill();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function prepareCustomer(product: ProductProcess): Promise<void> {
  const app = new App({ id: product.appId, baseUrl: product.baseUrl });
  await app.emailPasswordAuth.registerUser(PERSON);
  const user = await app.logIn(Credentials.emailPassword(PERSON.email, PERSON.password));
  const me = (await user.callFunction("account/me", {})) as Me;
  const operator = await app.logIn(Credentials.apiKey(product.adminKey));
  const grant = {
    key: "seed",
    accountId: me.accounts[0]?.accountId,
    amount: TOKENS,
    class: "promo",
    reason: "proof of crashes",
  };
  const granted = (await operator.callFunction("admin/grant", grant)) as GrantAnswer | Refusal;
  if (!granted.ok) throw new Error(`The grant was refused: ${granted.code}`);
}

function signIn(product: ProductProcess): Promise<User> {
  return new App({ id: product.appId, baseUrl: product.baseUrl }).logIn(
    Credentials.emailPassword(PERSON.email, PERSON.password),
  );
}

/** Spends one token after the other from several clients until the product is gone. */
function streamSpends(
  user: User,
  round: number,
): { stopped(): Promise<{ answered: number; open: readonly string[] }> } {
  let answered = 0;
  const open: string[] = [];
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let turn = 0; ; turn += 1) {
      const key = `r${round}-c${client}-${turn}`;
      try {
        await spendOnce(user, key);
        answered += 1;
      } catch {
        // The product is gone: whether this spend was booked is not known to its caller.
        open.push(key);
        return;
      }
    }
  });
  return { stopped: async () => Promise.all(clients).then(() => ({ answered, open })) };
}

async function spendOnce(user: User, key: string): Promise<void> {
  const answer = (await user.callFunction("wallet/consume", { key, amount: 1 })) as ConsumeAnswer | Refusal;
  if (!answer.ok) throw new Error(`The spend ${key} was refused: ${answer.code}`);
}

async function count(
  product: ProductProcess,
): Promise<Pick<SpendsProof, "ledgerEntries" | "balanceChange" | "verified">> {
  const user = await signIn(product);
  const { available } = (await user.callFunction("wallet/balance", {})) as BalanceAnswer;
  const operator = await new App({ id: product.appId, baseUrl: product.baseUrl }).logIn(
    Credentials.apiKey(product.adminKey),
  );
  const proof = (await operator.callFunction("admin/verify", {})) as VerifyAnswer;
  const client = await MongoClient.connect(product.mongodbUri);
  try {
    const ledgerEntries = await client.db(DATABASE_NAME).collection("ledger").countDocuments({ kind: "spend" });
    return { ledgerEntries, balanceChange: TOKENS + 3 - available, verified: proof.ok };
  } finally {
    await client.close();
  }
}

/** Tells whether a proof holds. */
export function holds(proof: SpendsProof): boolean {
  return proof.verified && proof.acknowledged === proof.ledgerEntries && proof.acknowledged === proof.balanceChange;
}
