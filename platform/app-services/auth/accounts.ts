import { ObjectId } from "mongodb";
import { AppServicesError, badRequest } from "../app-services-error";
import type { Clock } from "../clock";
import { isDuplicateKey, type Store, type UserDoc } from "../store/store";
import type { AuthEvents } from "./auth-events";
import type { Passwords } from "./passwords";
import type { ServerKeys } from "./server-keys";

const SHORTEST_PASSWORD = 6;
const LONGEST_PASSWORD = 128;
const LONGEST_EMAIL = 320;

/** Users and their ways to log in. */
export interface Accounts {
  /** Registers an e-mail and password. The user itself is made at the first log-in. Throws: `AccountNameInUse`, `BadRequest`. */
  register(email: unknown, password: unknown): Promise<void>;
  /** Throws: 401 with one and the same answer for an unknown name and a wrong password. */
  logInWithPassword(email: unknown, password: unknown): Promise<UserDoc>;
  logInAnonymously(): Promise<UserDoc>;
  logInWithServerKey(key: unknown): Promise<UserDoc>;
  /** Finds the user of a server key without a log-in, for HTTPS endpoints; null when there is no such key. */
  findByServerKey(key: string): Promise<UserDoc | null>;
  /** Soft delete: the user is disabled, its sessions end, its name is free again. */
  delete(user: UserDoc): Promise<void>;
}

export interface AccountsDeps {
  readonly store: Store;
  readonly appId: string;
  readonly clock: Clock;
  readonly passwords: Passwords;
  readonly serverKeys: ServerKeys;
  readonly events: AuthEvents;
  /** Called with a new user before it is stored; a throw stops the creation. */
  readonly onUserCreation: ((user: UserDoc) => Promise<void>) | null;
}

/** Creates the accounts of one app. */
export function createAccounts(deps: AccountsDeps): Accounts {
  return {
    register: (email, password) => register(deps, parseEmail(email), password),
    logInWithPassword: (email, password) => logInWithPassword(deps, parseEmail(email), password),
    logInAnonymously() {
      const identityId = new ObjectId().toHexString();
      return logIn(deps, { _id: new ObjectId(), type: "normal", provider: "anon-user", identityId, data: {} });
    },
    async logInWithServerKey(key) {
      const user = typeof key === "string" ? await findByServerKey(deps, key) : null;
      if (user === null) throw new AppServicesError(401, "AuthError", "invalid API key");
      return user;
    },
    findByServerKey: (key) => findByServerKey(deps, key),
    delete: (user) => deleteUser(deps, user),
  };
}

async function register(deps: AccountsDeps, name: string, password: unknown): Promise<void> {
  const { store, appId, clock, passwords } = deps;
  if (typeof password !== "string" || password.length < SHORTEST_PASSWORD || password.length > LONGEST_PASSWORD) {
    throw badRequest(`password must be between ${SHORTEST_PASSWORD} and ${LONGEST_PASSWORD} characters`);
  }
  const key = { app: appId, provider: "local-userpass" as const, providerId: name };
  // Looked up before hashing, so that repeating a registration costs no hash.
  if ((await store.credentials.findOne(key)) !== null) throw nameInUse();
  const secretHash = await passwords.hash(password);
  const made = { _id: new ObjectId(), userId: new ObjectId(), disabled: false, createdAt: clock.now() };
  try {
    await store.credentials.insertOne({ ...made, ...key, secretHash });
  } catch (error) {
    throw isDuplicateKey(error) ? nameInUse() : error;
  }
}

async function logInWithPassword(deps: AccountsDeps, name: string, password: unknown): Promise<UserDoc> {
  if (typeof password !== "string" || password.length > LONGEST_PASSWORD) throw wrongPassword();
  const { store, appId, passwords } = deps;
  const credential = await store.credentials.findOne({ app: appId, provider: "local-userpass", providerId: name });
  const isRight = await passwords.verify(password, credential?.secretHash ?? null);
  if (credential === null || !isRight || credential.disabled) throw wrongPassword();
  return logIn(deps, {
    _id: credential.userId,
    type: "normal",
    provider: "local-userpass",
    identityId: credential._id.toHexString(),
    data: { email: name },
  });
}

async function findByServerKey(deps: AccountsDeps, key: string): Promise<UserDoc | null> {
  const credential = deps.serverKeys.find(key);
  if (credential === null) return null;
  const known = await deps.store.users.findOne({ _id: credential.userId, app: deps.appId });
  if (known !== null && !known.disabled) return known;
  return logIn(deps, {
    _id: credential.userId,
    type: "server",
    provider: "api-key",
    identityId: credential._id.toHexString(),
    data: { name: credential.providerId },
  });
}

async function deleteUser(deps: AccountsDeps, user: UserDoc): Promise<void> {
  const { store, appId, clock, events } = deps;
  if (user.type === "server")
    throw badRequest("the user of a server API key cannot be deleted, take its key away instead");
  const provider = user.identities[0]?.providerType ?? "";
  const now = clock.now();
  await events.recordWith([{ operation: "DELETE", provider, user }], async (session) => {
    const options = session === undefined ? {} : { session };
    // The user goes first: without a transaction, a crash after this line leaves nothing that can log in.
    await store.users.updateOne({ _id: user._id, app: appId }, { $set: { disabled: true, deletedAt: now } }, options);
    await store.credentials.deleteMany({ app: appId, userId: user._id }, options);
    await store.sessions.updateMany(
      { app: appId, userId: user._id, revokedAt: { $exists: false } },
      { $set: { revokedAt: now } },
      options,
    );
  });
}

interface LogInInput {
  readonly _id: ObjectId;
  readonly type: UserDoc["type"];
  readonly provider: string;
  readonly identityId: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function logIn(deps: AccountsDeps, input: LogInInput): Promise<UserDoc> {
  const { store, appId, clock, events } = deps;
  const { _id, provider } = input;
  const now = clock.now();
  const known = await store.users.findOne({ _id, app: appId });
  if (known !== null) {
    if (known.disabled) throw new AppServicesError(401, "UserDisabled", "user disabled");
    await events.recordWith([{ operation: "LOGIN", provider, user: known }], (session) =>
      store.users.updateOne(
        { _id, app: appId },
        { $set: { lastAuthenticationAt: now } },
        session === undefined ? {} : { session },
      ),
    );
    return known;
  }
  const user: UserDoc = {
    _id,
    app: appId,
    type: input.type,
    identities: [{ id: input.identityId, providerType: provider, providerId: input.identityId }],
    data: input.data,
    disabled: false,
    createdAt: now,
    lastAuthenticationAt: now,
  };
  await deps.onUserCreation?.(user);
  try {
    await events.recordWith(
      [
        { operation: "CREATE", provider, user },
        { operation: "LOGIN", provider, user },
      ],
      (session) => store.users.insertOne(user, session === undefined ? {} : { session }),
    );
    return user;
  } catch (error) {
    // Two first log-ins at once: the other one made the user, so this is an ordinary log-in now.
    if (isDuplicateKey(error)) return logIn(deps, input);
    throw error;
  }
}

function parseEmail(email: unknown): string {
  if (typeof email !== "string" || email === "" || email.length > LONGEST_EMAIL || email.includes("\0")) {
    throw badRequest(`email must be a string of 1 to ${LONGEST_EMAIL} characters`);
  }
  return email;
}

function nameInUse(): AppServicesError {
  return new AppServicesError(409, "AccountNameInUse", "name already in use");
}

function wrongPassword(): AppServicesError {
  return new AppServicesError(401, "InvalidPassword", "unauthorized: invalid username/password");
}
