import { findForbiddenCycle, hasCycle, type Edges } from "./dependency-cycles";
import type { Anomaly, History, Transaction } from "./history";

/** The verdict on one history; write skew is what snapshot isolation allows and serializability does not. */
export interface Verdict {
  readonly anomalies: readonly Anomaly[];
  readonly hasWriteSkew: boolean;
}

/** Judges a history by snapshot isolation. */
export function checkHistory(history: History): Verdict {
  const check = new HistoryCheck(history);
  return check.run();
}

class HistoryCheck {
  private readonly anomalies: Anomaly[] = [];
  private readonly writers = new Map<string, Transaction>();
  private readonly edges: Edges = { direct: new Map(), anti: new Map() };

  constructor(private readonly history: History) {
    for (const transaction of history.transactions) {
      for (const step of transaction.steps) if (step.kind === "append") this.writers.set(step.element, transaction);
    }
  }

  run(): Verdict {
    for (const [key, list] of this.history.final) this.checkFinal(key, list);
    for (const transaction of this.history.transactions) this.checkTransaction(transaction);
    if (this.anomalies.length === 0) this.checkOrder();
    const committed = this.history.transactions.filter((one) => this.isCommitted(one)).map((one) => one.id);
    const hasWriteSkew = this.anomalies.length === 0 && hasCycle(this.edges, new Set(committed));
    return { anomalies: this.anomalies, hasWriteSkew };
  }

  private report(kind: Anomaly["kind"], detail: string): void {
    this.anomalies.push({ kind, detail });
  }

  private isCommitted(transaction: Transaction): boolean {
    if (transaction.status !== "unknown") return transaction.status === "committed";
    return transaction.steps.some((step) => step.kind === "append" && this.finalOf(step.key).includes(step.element));
  }

  private finalOf(key: string): readonly string[] {
    return this.history.final.get(key) ?? [];
  }

  private checkFinal(key: string, list: readonly string[]): void {
    if (new Set(list).size !== list.length)
      this.report("unwritten value", `${key} holds an element twice: ${list.join()}`);
    for (const [place, element] of list.entries()) {
      const writer = this.writers.get(element);
      if (writer === undefined || !this.isCommitted(writer))
        this.report("unwritten value", `${element} of ${key} was not committed`);
      const before = this.writers.get(list[place - 1] ?? "");
      if (writer !== undefined && before !== undefined) this.connect(this.edges.direct, before, writer);
    }
  }

  private checkTransaction(transaction: Transaction): void {
    const seen = new Map<string, readonly string[]>();
    for (const step of transaction.steps) {
      if (step.kind === "append") {
        this.checkAppend(transaction, step.key, step.element, seen.get(step.key));
        const before = seen.get(step.key);
        if (before !== undefined) seen.set(step.key, [...before, step.element]);
        continue;
      }
      const before = seen.get(step.key);
      if (before === undefined) this.checkRead(transaction, step.key, step.value, step.at);
      else if (before.join() !== step.value.join()) {
        const change = `${step.key} went from ${before.join()} to ${step.value.join()}`;
        this.report("non-repeatable read", `in ${transaction.id} ${change}`);
      }
      seen.set(step.key, step.value);
    }
  }

  /** A committed element is there, right behind what its transaction had seen before it. */
  private checkAppend(by: Transaction, key: string, element: string, seen: readonly string[] | undefined): void {
    if (!this.isCommitted(by)) return;
    const list = this.finalOf(key);
    const place = list.indexOf(element);
    if (place < 0) this.report("lost update", `${element} of ${by.id} is not in ${key}: ${list.join()}`);
    else if (seen !== undefined && seen.join() !== list.slice(0, place).join()) {
      this.report("lost update", `${by.id} saw ${seen.join()} of ${key}, yet wrote ${element} into ${list.join()}`);
    }
  }

  /** Judges what a transaction sees of a key for the first time, and notes after and before whom it must have come. */
  private checkRead(by: Transaction, key: string, value: readonly string[], at: number): void {
    const own = ownAppends(by, key);
    const others = value.filter((element) => !own.has(element));
    for (const element of others) {
      const writer = this.writers.get(element);
      if (writer === undefined) this.report("unwritten value", `${by.id} saw ${element}, which nobody wrote`);
      else if (!this.isCommitted(writer)) this.report("aborted read", `${by.id} saw ${element} of ${writer.id}`);
      else if ((writer.commitAskedAt ?? Infinity) > at)
        this.report("dirty read", `${by.id} saw ${element} before the commit of ${writer.id}`);
    }
    const list = this.finalOf(key);
    const committed = others.filter((element) => {
      const writer = this.writers.get(element);
      return writer !== undefined && this.isCommitted(writer);
    });
    if (committed.length < others.length) return;
    if (others.some((element, place) => list[place] !== element)) {
      this.report("lost update", `${by.id} saw ${others.join()} of ${key}, which became ${list.join()}`);
      return;
    }
    const last = this.writers.get(list[others.length - 1] ?? "");
    const next = this.writers.get(list[others.length] ?? "");
    if (last !== undefined && last === next && last !== by)
      this.report("intermediate read", `${by.id} saw ${others.join()} of ${key}, part of what ${last.id} wrote`);
    if (last !== undefined) this.connect(this.edges.direct, last, by);
    if (next !== undefined) this.connect(this.edges.anti, by, next);
  }

  private checkOrder(): void {
    const { transactions } = this.history;
    for (const earlier of transactions) {
      if (earlier.status !== "committed") continue;
      for (const later of transactions)
        if (earlier.endedAt < later.startedAt) this.connect(this.edges.direct, earlier, later);
    }
    const cycle = findForbiddenCycle(this.edges);
    if (cycle !== undefined) this.report("inconsistent snapshot", cycle.join(" -> "));
  }

  private connect(edges: Map<string, Set<string>>, from: Transaction, to: Transaction): void {
    if (from === to) return;
    const known = edges.get(from.id);
    if (known === undefined) edges.set(from.id, new Set([to.id]));
    else known.add(to.id);
  }
}

function ownAppends(transaction: Transaction, key: string): Set<string> {
  return new Set(
    transaction.steps.flatMap((step) => (step.kind === "append" && step.key === key ? [step.element] : [])),
  );
}
