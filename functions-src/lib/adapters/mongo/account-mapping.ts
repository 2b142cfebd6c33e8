import { ACCOUNT_STATUSES } from "../../domain/standing";
import type { Account, Role } from "../../ports/account-store";
import type { StoredDocument } from "../../ports/collection";
import { fromDbWishes } from "./customer-claims";
import { fromDbDocument, fromDbInstant, fromDbInteger, fromDbList, fromDbText, fromDbWord } from "./mapping";

export const ROLES: readonly Role[] = ["owner", "admin", "member"];

/** Reads an account. */
export function fromDbAccount(document: StoredDocument): Account {
  const customers = fromDbDocument(document["stripeCustomers"], "stripeCustomers");
  return {
    id: fromDbText(document["_id"], "_id"),
    status: fromDbWord(document["status"], ACCOUNT_STATUSES, "status"),
    frozen: document["frozen"] === true,
    suspendedFor: fromDbList(document["suspendedFor"], "suspendedFor", fromDbText),
    members: fromDbList(document["members"], "members", (element, path) => {
      const member = fromDbDocument(element, path);
      return {
        userId: fromDbText(member["userId"], `${path}.userId`),
        role: fromDbWord(member["role"], ROLES, `${path}.role`),
      };
    }),
    stripeCustomers: Object.fromEntries(
      Object.entries(customers).map(([mode, id]) => [mode, fromDbText(id, `stripeCustomers.${mode}`)]),
    ),
    customerWishes: fromDbWishes(document["customerWishes"]),
    entitlementVersion: fromDbInteger(document["entitlementVersion"], "entitlementVersion"),
    createdAt: fromDbInstant(document["createdAt"], "createdAt"),
  };
}
