import type { ClientSession, Db } from "mongodb";
import { createCatalogStore } from "./adapters/mongo/catalog-store";
import { createDatabaseFromDriver, wrapSession } from "./adapters/mongo/from-driver";
import { createWalletStore } from "./adapters/mongo/wallet-store";
import { createDigest } from "./adapters/node/digest";
import { newestVersions } from "./domain/catalog";
import type { Refusal } from "./domain/refusal";
import { parseConsume } from "./edge/parse/wallet";
import { type ConsumeAnswer } from "./usecases/consume";
import { consumeInSession } from "./usecases/consume-in-session";

export type { ConsumeAnswer, Refusal };

/** A spend: the argument of `wallet/consume`, with the account it is for. */
export interface EmbeddedSpend {
  readonly accountId: string;
  readonly key: string;
  readonly amount?: number;
  readonly quantity?: number;
  readonly unit?: string;
  readonly feature?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** How a spend is embedded. */
export interface EmbeddedOptions {
  /** A session with an open transaction; the spend commits with it or not at all. */
  readonly session: ClientSession;
  /** The installation's identity key; needed only with `metadata`, whose keyed hash goes into the ledger. */
  readonly identityKey?: string;
  /** The time of the operation; now when left out. */
  readonly now?: Date;
}

/**
 * Spends units inside the caller's own MongoDB transaction, in a Node service beside the product: the spend and the caller's
 * writes commit together or not at all. Answers the receipt or the refusal of `wallet/consume`; a refusal leaves the
 * transaction usable, so abort it when the spend was a condition.
 * Throws: AppError for bad input; the driver's own errors, so that `session.withTransaction` retries.
 */
export async function consume(
  db: Db,
  command: EmbeddedSpend,
  options: EmbeddedOptions,
): Promise<ConsumeAnswer | Refusal> {
  const { session, identityKey } = options;
  if (!session.inTransaction()) throw new Error("session: expected one with an open transaction");
  if (command.metadata !== undefined && identityKey === undefined) {
    throw new Error("identityKey: expected the installation's identity key beside metadata, got nothing");
  }
  const { accountId, ...argument } = command;
  const database = createDatabaseFromDriver(db.client, db.databaseName);
  const tx = createWalletStore(database).within(wrapSession(session));
  const catalogVersions = createCatalogStore(database);
  const deps = {
    digest: createDigest(identityKey ?? "0".repeat(32)),
    catalog: async () => newestVersions(await catalogVersions.listVersions()),
  };
  const caller = { kind: "operator", id: "service" } as const;
  const call = { caller, accountId, input: parseConsume(argument) };
  return consumeInSession(deps, tx, call, (options.now ?? new Date()).getTime());
}
