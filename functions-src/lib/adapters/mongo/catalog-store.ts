import { type CatalogItem, type FeatureTerms, versionIdOf } from "../../domain/catalog";
import type { FeaturePrice } from "../../domain/feature-price";
import type { CatalogStore } from "../../ports/catalog-store";
import type { Database, StoredDocument } from "../../ports/collection";
import { fromDbHoldTerms } from "./holds";
import { insertOnce } from "./insert-once";
import {
  fromDbAmount,
  fromDbDocument,
  fromDbInteger,
  fromDbList,
  fromDbText,
  fromDbWord,
  toDbInteger,
} from "./mapping";

const MAX_VERSIONS = 1000;

/** Makes the store of published catalog versions over the collection `plans`. */
export function createCatalogStore(database: Database): CatalogStore {
  const collection = database.collection("plans");
  return {
    listVersions: async () => {
      const documents = await collection.find({}, { sort: { _id: 1 }, limit: MAX_VERSIONS });
      return documents.map(fromDbItem);
    },
    insertVersion: async (item) => {
      const { id, version, ...terms } = item;
      const document = {
        _id: versionIdOf(item),
        schemaVersion: 1,
        itemId: id,
        version,
        ...integersOf(database, terms),
      };
      await insertOnce(() => collection.insertMany([document]));
    },
  };
}

const AMOUNT_FIELDS: ReadonlySet<string> = new Set([
  "amountMinor",
  "signupTokens",
  "monthlyTokens",
  "tokens",
  "limit",
  "upTo",
]);

/** Copies a document and writes its amounts as 64-bit integers, however deep they lie. */
function integersOf(database: Database, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([field, content]) => {
      if (typeof content === "number" && AMOUNT_FIELDS.has(field)) return [field, toDbInteger(database, content)];
      if (Array.isArray(content)) {
        return [field, content.map((element: Record<string, unknown>) => integersOf(database, element))];
      }
      if (typeof content === "object" && content !== null) {
        return [field, integersOf(database, content as Record<string, unknown>)];
      }
      return [field, content];
    }),
  );
}

function fromDbItem(document: StoredDocument): CatalogItem {
  const price = fromDbDocument(document["price"], "price");
  const shared = {
    id: fromDbText(document["itemId"], "itemId"),
    version: fromDbInteger(document["version"], "version"),
    name: fromDbText(document["name"], "name"),
    price: {
      amountMinor: fromDbAmount(price["amountMinor"], "price.amountMinor"),
      currency: fromDbText(price["currency"], "price.currency"),
    },
  };
  if (document["kind"] === "pack") {
    return {
      ...shared,
      kind: "pack",
      tokens: fromDbAmount(document["tokens"], "tokens"),
      lifeDays: document["lifeDays"] === null ? null : fromDbInteger(document["lifeDays"], "lifeDays"),
    };
  }
  return { ...shared, ...fromDbPlanTerms(document) };
}

function fromDbPlanTerms(
  document: StoredDocument,
): Omit<Extract<CatalogItem, { kind: "plan" }>, "id" | "version" | "name" | "price"> {
  const rollover = document["rollover"] === null ? null : fromDbDocument(document["rollover"], "rollover");
  const trial = document["trial"] === null ? null : fromDbDocument(document["trial"], "trial");
  return {
    kind: "plan",
    group: fromDbText(document["group"], "group"),
    rank: fromDbInteger(document["rank"], "rank"),
    interval:
      document["interval"] === null ? null : fromDbWord(document["interval"], ["month", "year"] as const, "interval"),
    signupTokens: fromDbAmount(document["signupTokens"], "signupTokens"),
    monthlyTokens: fromDbAmount(document["monthlyTokens"], "monthlyTokens"),
    rollover:
      rollover === null
        ? null
        : {
            percent: fromDbInteger(rollover["percent"], "rollover.percent"),
            periods: fromDbInteger(rollover["periods"], "rollover.periods"),
          },
    trial:
      trial === null
        ? null
        : { days: fromDbInteger(trial["days"], "trial.days"), tokens: fromDbAmount(trial["tokens"], "trial.tokens") },
    features: Object.fromEntries(
      Object.entries(fromDbDocument(document["features"], "features")).map(([feature, terms]) => [
        feature,
        fromDbFeature(fromDbDocument(terms, `features.${feature}`)),
      ]),
    ),
  };
}

function fromDbFeature(terms: StoredDocument): FeatureTerms {
  const kind = fromDbWord(terms["kind"], ["boolean", "limit", "metered"] as const, "kind");
  const amountOrNull = (field: string): ReturnType<typeof fromDbAmount> | null =>
    terms[field] === null ? null : fromDbAmount(terms[field], field);
  switch (kind) {
    case "boolean":
      return { kind, enabled: terms["enabled"] === true };
    case "limit":
      return { kind, limit: fromDbAmount(terms["limit"], "limit") };
    case "metered":
      return {
        kind,
        limit: amountOrNull("limit"),
        hard: terms["hard"] === true,
        price: terms["price"] === null ? null : fromDbPrice(fromDbDocument(terms["price"], "price")),
        holds: fromDbHoldTerms(terms["holds"], "holds"),
      };
  }
}

function fromDbPrice(price: StoredDocument): FeaturePrice {
  const kind = fromDbWord(price["kind"], ["fixed", "per_unit", "tiered"] as const, "price.kind");
  if (kind !== "tiered") return { kind, tokens: fromDbAmount(price["tokens"], "price.tokens") };
  return {
    kind,
    tiers: fromDbList(price["tiers"], "price.tiers", (element, path) => {
      const tier = fromDbDocument(element, path);
      return {
        upTo: tier["upTo"] === null ? null : fromDbAmount(tier["upTo"], `${path}.upTo`),
        tokens: fromDbAmount(tier["tokens"], `${path}.tokens`),
      };
    }),
  };
}
