import type { Database, StoredDocument } from "../../ports/collection";
import type { Operation, OperationRef, OperationStore } from "../../ports/operation-store";
import { insertOnce } from "./insert-once";
import { KEY_SCOPES } from "../../domain/entry";
import { fromDbDocument, fromDbInstant, fromDbInteger, fromDbText, fromDbWord, toDbInstant } from "./mapping";

export const OPERATION_STATES: readonly Operation["state"][] = ["open", "done"];

/** Makes the store of keyed calls without a ledger entry over the collection `operations`. */
export function createOperationStore(database: Database): OperationStore {
  const collection = database.collection("operations");
  const idOf = (ref: OperationRef): string => `${ref.accountId}:${ref.scope}:${ref.key}`;
  const filterOf = (ref: OperationRef): Record<string, unknown> => ({ _id: idOf(ref), accountId: ref.accountId });
  const find = async (ref: OperationRef): Promise<Operation | null> => {
    const document = await collection.findOne(filterOf(ref));
    return document === null ? null : fromDbOperation(document);
  };
  return {
    find,
    open: async (operation) => {
      const { at, ...rest } = operation;
      const document = {
        _id: idOf(operation),
        schemaVersion: 1,
        ...rest,
        state: "open",
        answer: null,
        spentKeys: 0,
        at: toDbInstant(at),
      };
      const inserted = await insertOnce(() => collection.insertMany([document]));
      const known = inserted === "existed" ? await find(operation) : null;
      return known ?? { ...operation, state: "open", answer: null, spentKeys: 0 };
    },
    spendKey: async (ref, spentKeys) => {
      await collection.updateOne({ ...filterOf(ref), spentKeys }, { $set: { spentKeys: spentKeys + 1 } });
      return (await find(ref))?.spentKeys ?? spentKeys + 1;
    },
    finish: async (ref, answer) => {
      await collection.updateOne({ ...filterOf(ref), state: "open" }, { $set: { state: "done", answer } });
    },
  };
}

function fromDbOperation(document: StoredDocument): Operation {
  const answer = document["answer"] === null ? null : fromDbDocument(document["answer"], "answer");
  return {
    accountId: fromDbText(document["accountId"], "accountId"),
    scope: fromDbWord(document["scope"], KEY_SCOPES, "scope"),
    key: fromDbText(document["key"], "key"),
    useCase: fromDbText(document["useCase"], "useCase"),
    fingerprint: fromDbText(document["fingerprint"], "fingerprint"),
    state: fromDbWord(document["state"], OPERATION_STATES, "state"),
    answer:
      answer === null
        ? null
        : Object.fromEntries(
            Object.entries(answer).map(([fact, value]) => [fact, fromDbText(value, `answer.${fact}`)]),
          ),
    spentKeys: fromDbInteger(document["spentKeys"], "spentKeys"),
    at: fromDbInstant(document["at"], "at"),
  };
}
