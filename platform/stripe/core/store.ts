import type { Journal, JournalRow } from "./journal";
import { ALL_KINDS, type Kind, type Kinds } from "./kinds";
import { seededText } from "./seeded";

/** Who caused a change; null for what time does by itself. */
export interface Cause {
  readonly requestId: string;
  readonly idempotencyKey: string | null;
}

/** One object before and after a write. */
export interface Change {
  readonly kind: Kind;
  readonly before: object | undefined;
  readonly after: object;
  /** Types of events that the write makes beside those that follow from the change. */
  readonly also?: readonly string[];
  /** Type of an event that no difference shows. */
  readonly type?: string;
}

/** What reads and writes inside one transaction; objects are never mutated, only replaced. */
export interface Transaction {
  readonly cause: Cause | null;
  get<K extends Kind>(kind: K, id: string): Kinds[K] | undefined;
  /** All of a kind, newest first. */
  list<K extends Kind>(kind: K): readonly Kinds[K][];
  put<K extends Kind>(kind: K, object: Kinds[K] & { id: string }, also?: readonly string[]): void;
  /** Like `put`, for what Stripe creates without an event. */
  putQuietly<K extends Kind>(kind: K, object: Kinds[K] & { id: string }): void;
  /** Makes an event of an object that did not change. */
  tell<K extends Kind>(kind: K, object: Kinds[K] & { id: string }, type: string): void;
  /** Takes the next id of a prefix; an aborted transaction gives it back. */
  newId(prefix: string, length?: number): string;
}

/** The state: in memory, written to the journal before an answer leaves. */
export interface Store {
  readonly seed: number;
  get<K extends Kind>(kind: K, id: string): Kinds[K] | undefined;
  list<K extends Kind>(kind: K): readonly Kinds[K][];
  values<K extends Kind>(kind: K): Iterable<Kinds[K]>;
  /** Runs the work at one instant: all of it is kept, or nothing when it throws. */
  atomically<T>(cause: Cause | null, work: (tx: Transaction) => T): T;
  remove(kind: Kind, ids: readonly string[]): void;
  settled(): Promise<void>;
  /** Is called for each change inside its transaction. */
  onChange: (tx: Transaction, change: Change) => void;
  /** Is called with the id of each delivery that a committed transaction wrote. */
  onDelivery: (id: string) => void;
  close(): Promise<void>;
}

const COUNTER = "counter";
type Table = Map<string, object>;

/** Opens the state over a journal. `seed` counts only for a journal that has none yet. */
export function openStore(journal: Journal, seed: number): Store {
  const tables = new Map<string, Table>(ALL_KINDS.map((kind) => [kind, new Map()]));
  const tableOf = (kind: string): Table => tables.get(kind) ?? new Map<string, object>();
  let counter = loadRows(journal, tables);
  const kept = tableOf("setting").get("seed") as { readonly value: number } | undefined;
  const usedSeed = kept?.value ?? seed;

  const get = <K extends Kind>(kind: K, id: string): Kinds[K] | undefined =>
    tableOf(kind).get(id) as Kinds[K] | undefined;
  const list = <K extends Kind>(kind: K): readonly Kinds[K][] =>
    [...tableOf(kind).values()].toReversed() as unknown as readonly Kinds[K][];

  const store: Store = {
    seed: usedSeed,
    get,
    list,
    values: <K extends Kind>(kind: K) => tableOf(kind).values() as Iterable<unknown> as Iterable<Kinds[K]>,
    onChange: () => undefined,
    onDelivery: () => undefined,
    remove: (kind, ids) => {
      if (ids.length === 0) return;
      for (const id of ids) tableOf(kind).delete(id);
      journal.append(ids.map((id) => ({ kind, id })));
    },
    atomically: (cause, work) => {
      const rows: JournalRow[] = [];
      const undo: (() => void)[] = [];
      const counterBefore = counter;
      const write = (kind: Kind, object: { id: string }): object | undefined => {
        const table = tableOf(kind);
        const before = table.get(object.id);
        table.set(object.id, object);
        undo.push(() => void (before === undefined ? table.delete(object.id) : table.set(object.id, before)));
        rows.push({ kind, id: object.id, value: object });
        return before;
      };
      const newId = (prefix: string, length = 24): string => {
        counter += 1;
        return prefix + seededText(usedSeed, `${prefix}${counter}`, length);
      };
      try {
        const result = work(transactionOver(store, { cause, write, newId }));
        if (counter !== counterBefore) rows.push({ kind: COUNTER, id: COUNTER, value: counter });
        if (rows.length > 0) journal.append(rows);
        for (const { kind, id } of rows) if (kind === "delivery") store.onDelivery(id);
        return result;
      } catch (error) {
        for (const step of undo.toReversed()) step();
        counter = counterBefore;
        throw error;
      }
    },
    settled: () => journal.settled(),
    close: () => journal.close(),
  };
  if (kept === undefined) store.atomically(null, (tx) => tx.putQuietly("setting", { id: "seed", value: usedSeed }));
  return store;
}

interface Writing {
  readonly cause: Cause | null;
  readonly write: (kind: Kind, object: { id: string }) => object | undefined;
  readonly newId: Transaction["newId"];
}

function transactionOver(store: Store, { cause, write, newId }: Writing): Transaction {
  const tx: Transaction = {
    cause,
    get: store.get,
    list: store.list,
    put: (kind, object, also = []) => {
      const before = write(kind, object);
      store.onChange(tx, { kind, before, after: object, also });
    },
    putQuietly: (kind, object) => void write(kind, object),
    tell: (kind, object, type) => store.onChange(tx, { kind, before: object, after: object, type }),
    newId,
  };
  return tx;
}

/** Fills the tables and answers the id counter. */
function loadRows(journal: Journal, tables: ReadonlyMap<string, Table>): number {
  let counter = 0;
  for (const { kind, id, value } of journal.read()) {
    if (kind === COUNTER) counter = value as number;
    else if (value === undefined) tables.get(kind)?.delete(id);
    else tables.get(kind)?.set(id, value as object);
  }
  const rows = [...tables].flatMap(([kind, table]) => [...table].map(([id, value]) => ({ kind, id, value })));
  journal.compact([...rows, { kind: COUNTER, id: COUNTER, value: counter }]);
  return counter;
}
