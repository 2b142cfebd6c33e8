import { DATABASE_NAME } from "../functions-src/lib/adapters/mongo/schema/collections";
import { leastPrivilegeRoles } from "./db/roles";

// Printed, not run: whoever may create roles reads them first. Paste into mongosh.
console.log(`use ${DATABASE_NAME}`);
for (const role of leastPrivilegeRoles()) console.log(`db.createRole(${JSON.stringify(role, null, 2)})`);
