import { COLLECTIONS, DATABASE_NAME } from "../../functions-src/lib/adapters/mongo/schema/collections";
import { USAGE_EVENTS } from "../../functions-src/lib/adapters/mongo/schema/usage";

/** A privilege of a MongoDB role. */
interface Privilege {
  readonly resource: { readonly db: string; readonly collection: string };
  readonly actions: readonly string[];
}

/** A role as `createRole` takes it. */
export interface Role {
  readonly role: string;
  readonly privileges: readonly Privilege[];
  readonly roles: readonly never[];
}

const on = (collection: string, actions: readonly string[]): Privilege => ({
  resource: { db: DATABASE_NAME, collection },
  actions,
});

/**
 * The least-privilege roles of an installation. The app may never remove a document, bypass a validator, or change an entry of
 * the ledger or the fact of a grant; the schema tool may not read data; reports may only read.
 */
export function leastPrivilegeRoles(): readonly Role[] {
  const names = [...COLLECTIONS.map(({ name }) => name), USAGE_EVENTS.name];
  return [
    {
      role: "tollkeeperApp",
      privileges: [
        ...COLLECTIONS.map(({ name, appendOnly }) =>
          on(name, appendOnly === true ? ["find", "insert"] : ["find", "insert", "update"]),
        ),
        on(USAGE_EVENTS.name, ["find", "insert"]),
        on("", ["changeStream", "listCollections"]),
      ],
      roles: [],
    },
    {
      role: "tollkeeperSchema",
      privileges: [
        on("", ["listCollections", "createCollection"]),
        ...names.map((name) => on(name, ["createCollection", "collMod", "createIndex", "dropIndex", "listIndexes"])),
      ],
      roles: [],
    },
    { role: "tollkeeperReports", privileges: names.map((name) => on(name, ["find"])), roles: [] },
  ];
}
