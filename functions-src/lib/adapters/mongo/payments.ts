import { type PaymentClaims, type PaymentFact, STRIPE_MODES } from "../../domain/payment";
import type { Instant } from "../../domain/instant";
import type { Contest } from "../../domain/standing";
import type { Collection, Database, OperationOptions, StoredDocument } from "../../ports/collection";
import type { PaymentRecords } from "../../ports/payment-records";
import {
  fromDbAmount,
  fromDbDocument,
  fromDbInstant,
  fromDbInstantOrNull,
  fromDbInteger,
  fromDbList,
  fromDbText,
  fromDbTextOrNull,
  fromDbWord,
  toDbInstant,
  toDbInstantOrNull,
  toDbInteger,
} from "./mapping";

/** The collection `payments`, whose writes and reads may be part of a wallet transaction. */
export interface PaymentCollection extends PaymentRecords {
  insert(payments: readonly PaymentFact[], options: OperationOptions): Promise<void>;
  find(accountId: string, cause: string, options?: OperationOptions): Promise<PaymentFact | null>;
  /** What contests the payments of an account, of at most 100 payments. */
  listContests(accountId: string, options: OperationOptions): Promise<readonly Contest[]>;
  updateClaims(
    payment: Pick<PaymentFact, "accountId" | "cause">,
    claims: PaymentClaims,
    options?: OperationOptions,
  ): Promise<boolean>;
}

/** Opens the collection `payments`. */
export function createPaymentRecords(database: Database): PaymentCollection {
  const collection = database.collection("payments");
  return {
    insert: (payments, options) =>
      collection.insertMany(
        payments.map((payment) => ({
          _id: idOf(payment),
          accountId: payment.accountId,
          cause: payment.cause,
          schemaVersion: 1,
          mode: payment.mode,
          valueMinor: toDbInteger(database, payment.valueMinor),
          currency: payment.currency,
          packId: payment.packId,
          packVersion: payment.packVersion,
          quantity: payment.quantity,
          stripePaymentIntentId: payment.stripePaymentIntentId,
          stripeInvoiceId: payment.stripeInvoiceId,
          unitsGranted: toDbInteger(database, payment.unitsGranted),
          paidAt: toDbInstant(payment.paidAt),
          ...toDbClaims(database, payment),
        })),
        options,
      ),
    find: async (accountId, cause, options) => {
      const document = await collection.findOne({ _id: idOf({ accountId, cause }), accountId }, options);
      return document === null ? null : fromDbPayment(document);
    },
    listDue: async ({ until, limit }) => {
      const filter = { recheckAt: { $type: "date", $lte: toDbInstant(until) } };
      return (await collection.find(filter, { sort: { recheckAt: 1 }, limit })).map(fromDbPayment);
    },
    listContests: async (accountId, options) => {
      const filter = { accountId, contested: true };
      const documents = await collection.find(filter, { ...options, limit: MAX_CONTESTED });
      return documents.map(fromDbPayment).flatMap(({ contests }) => contests);
    },
    listClaimed: async ({ from, to, limit }) => {
      const filter = { claimsAt: { $type: "date", $gte: toDbInstant(from), $lt: toDbInstant(to) } };
      return (await collection.find(filter, { sort: { claimsAt: 1 }, limit })).map(fromDbPayment);
    },
    listSince: ({ since, accountId }) => listSince(collection, { since, accountId }),
    updateClaims: async (payment, claims, options) => {
      const filter = { _id: idOf(payment), accountId: payment.accountId, revision: claims.revision - 1 };
      return (await collection.updateOne(filter, { $set: toDbClaims(database, claims) }, options)).matched;
    },
  };
}

const PAYMENTS_PER_PAGE = 500;
const MAX_CONTESTED = 100;

/** Walks payments by id, page by page, so that those that are made meanwhile move nothing. */
async function* listSince(
  collection: Collection,
  { since, accountId }: { readonly since: Instant; readonly accountId: string | null },
): AsyncIterable<PaymentFact> {
  const own = accountId === null ? {} : { accountId };
  const until = accountId === null ? {} : { $lt: `${accountId};` };
  for (let after = accountId === null ? "" : `${accountId}:`; ;) {
    const filter = { _id: { $gt: after, ...until }, ...own, paidAt: { $gte: toDbInstant(since) } };
    const page = await collection.find(filter, { sort: { _id: 1 }, limit: PAYMENTS_PER_PAGE, hint: "_id_" });
    yield* page.map(fromDbPayment);
    const last = page[page.length - 1];
    if (last === undefined || page.length < PAYMENTS_PER_PAGE) return;
    after = fromDbText(last["_id"], "_id");
  }
}

function idOf({ accountId, cause }: Pick<PaymentFact, "accountId" | "cause">): string {
  return `${accountId}:${cause}`;
}

function toDbClaims(database: Database, claims: PaymentClaims): Record<string, unknown> {
  return {
    returnedMinor: toDbInteger(database, claims.returnedMinor),
    disputedMinor: toDbInteger(database, claims.disputedMinor),
    unitsTaken: toDbInteger(database, claims.unitsTaken),
    frozenBy: [...claims.frozenBy],
    contests: claims.contests.map((contest) => ({ ...contest })),
    contested: claims.contests.length > 0,
    recheckAt: toDbInstantOrNull(claims.recheckAt),
    claimsAt: toDbInstantOrNull(claims.claimsAt),
    revision: claims.revision,
  };
}

function fromDbContest(value: unknown, path: string): Contest {
  const contest = fromDbDocument(value, path);
  return {
    disputeId: fromDbText(contest["disputeId"], `${path}.disputeId`),
    open: contest["open"] === true,
    fraud: contest["fraud"] === true,
  };
}

function fromDbPayment(document: StoredDocument): PaymentFact {
  return {
    accountId: fromDbText(document["accountId"], "accountId"),
    cause: fromDbText(document["cause"], "cause"),
    mode: fromDbWord(document["mode"], STRIPE_MODES, "mode"),
    valueMinor: fromDbAmount(document["valueMinor"], "valueMinor"),
    currency: fromDbText(document["currency"], "currency"),
    packId: fromDbText(document["packId"], "packId"),
    packVersion: fromDbInteger(document["packVersion"], "packVersion"),
    quantity: fromDbInteger(document["quantity"], "quantity"),
    stripePaymentIntentId: fromDbTextOrNull(document["stripePaymentIntentId"], "stripePaymentIntentId"),
    stripeInvoiceId: fromDbTextOrNull(document["stripeInvoiceId"], "stripeInvoiceId"),
    unitsGranted: fromDbAmount(document["unitsGranted"], "unitsGranted"),
    paidAt: fromDbInstant(document["paidAt"], "paidAt"),
    returnedMinor: fromDbAmount(document["returnedMinor"], "returnedMinor"),
    disputedMinor: fromDbAmount(document["disputedMinor"], "disputedMinor"),
    unitsTaken: fromDbAmount(document["unitsTaken"], "unitsTaken"),
    frozenBy: fromDbList(document["frozenBy"], "frozenBy", fromDbText),
    contests: fromDbList(document["contests"], "contests", fromDbContest),
    recheckAt: fromDbInstantOrNull(document["recheckAt"], "recheckAt"),
    claimsAt: fromDbInstantOrNull(document["claimsAt"], "claimsAt"),
    revision: fromDbInteger(document["revision"], "revision"),
  };
}
