import {
  MongoClient,
  ReadConcern,
  type Collection,
  type Db,
  type CreateIndexesOptions,
  type IndexSpecification,
  type ObjectId,
} from "mongodb";
import type { AuthOperation } from "../tree/app-tree";

/** A person, a server key's account, or an anonymous visitor. Created at the first log-in, never at registration. */
export interface UserDoc {
  readonly _id: ObjectId;
  readonly app: string;
  readonly type: "normal" | "server";
  readonly identities: readonly { readonly id: string; readonly providerType: string; readonly providerId: string }[];
  readonly data: Readonly<Record<string, unknown>>;
  readonly disabled: boolean;
  readonly createdAt: Date;
  readonly lastAuthenticationAt: Date;
  readonly deletedAt?: Date;
}

/** A way to log in. `userId` is set when the credential is made, so that two first log-ins at once make one user. */
export interface CredentialDoc {
  readonly _id: ObjectId;
  readonly app: string;
  readonly provider: "local-userpass" | "api-key";
  readonly providerId: string;
  /** scrypt parameters, salt and hash for a password; HMAC of the key for a server key. */
  readonly secretHash: string;
  readonly userId: ObjectId;
  readonly disabled: boolean;
  readonly createdAt: Date;
}

/** A log-in on one device. Only the hash of its refresh token is kept. */
export interface SessionDoc {
  readonly _id: ObjectId;
  readonly app: string;
  readonly userId: ObjectId;
  readonly deviceId: string;
  readonly refreshHash: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** When the server may forget it, by the server's own clock; a test clock may lie years before that. */
  readonly forgetAt: Date;
  readonly revokedAt?: Date;
}

/** What the runtime of an app made once and must find again: the key that signs its tokens. */
export interface SettingsDoc {
  readonly _id: string;
  readonly signingKey: string;
  readonly domainId: string;
  readonly createdAt: Date;
  /** Where the test clock stands; absent when there never was one. */
  readonly testClockAt?: Date;
}

/** Where a trigger stands. `fence` is the lease token of the last writer: an older owner cannot overwrite a newer one. */
export interface TriggerStateDoc {
  readonly _id: string;
  readonly fence: number;
  readonly resumeToken?: unknown;
  readonly lastSlot?: Date;
}

/** Who runs a trigger until when. */
export interface LeaseDoc {
  readonly _id: string;
  readonly holder: string;
  readonly machine: string;
  readonly processId: number;
  readonly token: number;
  readonly expiresAt: Date;
}

/** An authentication event that its trigger has yet to see; deleted once it has. */
export interface AuthEventDoc {
  readonly _id: ObjectId;
  readonly app: string;
  readonly trigger: string;
  readonly operation: AuthOperation;
  readonly providers: readonly string[];
  readonly user: Readonly<Record<string, unknown>>;
  readonly time: Date;
}

/** The collections of the runtime itself, in the database `app_services`. */
export interface Store {
  readonly client: MongoClient;
  readonly users: Collection<UserDoc>;
  readonly credentials: Collection<CredentialDoc>;
  readonly sessions: Collection<SessionDoc>;
  readonly settings: Collection<SettingsDoc>;
  readonly triggerState: Collection<TriggerStateDoc>;
  readonly leases: Collection<LeaseDoc>;
  readonly authEvents: Collection<AuthEventDoc>;
  close(): Promise<void>;
}

const DATABASE = "app_services";
const COLLECTIONS = ["users", "credentials", "sessions", "settings", "triggerState", "leases", "authEvents"] as const;
/** A wrong address is told after this long; a failover takes less. */
const SELECTION_TIMEOUT_MS = 15_000;

interface IndexDefinition {
  readonly collection: string;
  readonly key: IndexSpecification;
  readonly options?: CreateIndexesOptions;
}

const INDEXES: readonly IndexDefinition[] = [
  // Log-in and registration find a credential by what the user types; unique, so that a name is registered once.
  { collection: "credentials", key: { app: 1, provider: 1, providerId: 1 }, options: { unique: true } },
  // Deleting a user disables every credential of that user.
  { collection: "credentials", key: { app: 1, userId: 1 } },
  // Deleting a user revokes every session of that user.
  { collection: "sessions", key: { app: 1, userId: 1 } },
  // The server forgets sessions after their end; nothing is read by this index.
  { collection: "sessions", key: { forgetAt: 1 }, options: { expireAfterSeconds: 86_400 } },
  // An authentication trigger reads its own waiting events, oldest first.
  { collection: "authEvents", key: { app: 1, trigger: 1, _id: 1 } },
];

/**
 * Connects to the runtime's own database and makes its collections and indexes; calling it again changes nothing.
 *
 * Holds: all writes are acknowledged by a majority, since users, sessions and trigger positions must survive a failover.
 * Throws: an Error that names the database when it cannot be reached, or has neither transactions nor change streams.
 */
export async function openStore(mongodbUri: string): Promise<Store> {
  const client = new MongoClient(mongodbUri, {
    maxPoolSize: 50,
    appName: "app-services",
    ignoreUndefined: true,
    serverSelectionTimeoutMS: SELECTION_TIMEOUT_MS,
  });
  try {
    await client.connect();
    await assertReplicated(client);
    const db = client.db(DATABASE, { writeConcern: { w: "majority" }, readConcern: new ReadConcern("majority") });
    await makeCollections(db);
    return {
      client,
      users: db.collection("users"),
      credentials: db.collection("credentials"),
      sessions: db.collection("sessions"),
      settings: db.collection("settings"),
      triggerState: db.collection("triggerState"),
      leases: db.collection("leases"),
      authEvents: db.collection("authEvents"),
      close: () => client.close(),
    };
  } catch (error) {
    await client.close();
    const detail = error instanceof Error ? error.message : String(error);
    throw new Error(`The database ${withoutCredentials(mongodbUri)} cannot be used: ${detail}`, { cause: error });
  }
}

async function assertReplicated(client: MongoClient): Promise<void> {
  const hello = await client.db("admin").command({ hello: 1 });
  if (hello["setName"] === undefined && hello["msg"] !== "isdbgrid") {
    throw new Error(
      "it is a standalone server, expected a replica set or a sharded cluster (transactions, change streams)",
    );
  }
}

async function makeCollections(db: Db): Promise<void> {
  const present = new Set((await db.listCollections({}, { nameOnly: true }).toArray()).map((info) => info.name));
  for (const name of COLLECTIONS) {
    // Made up front because a transaction that meets a missing collection is slower and on old servers fails.
    if (!present.has(name)) await db.createCollection(name).catch(ignoreExisting);
  }
  for (const { collection, key, options } of INDEXES) await db.collection(collection).createIndex(key, options ?? {});
}

/** Shows an address without what stands between the scheme and the host. */
function withoutCredentials(uri: string): string {
  return uri.replace(/\/\/[^@/]*@/, "//");
}

const NAMESPACE_EXISTS = 48;
const DUPLICATE_KEY = 11000;

function ignoreExisting(error: unknown): void {
  if (hasCode(error, NAMESPACE_EXISTS)) return;
  throw error;
}

/** Tells whether a unique index refused a write. */
export function isDuplicateKey(error: unknown): boolean {
  return hasCode(error, DUPLICATE_KEY);
}

function hasCode(error: unknown, code: number): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}
