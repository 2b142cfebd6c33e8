/** Structured log lines. Facts never hold secrets, e-mail addresses or raw bodies. */
export interface Log {
  info(event: string, facts?: Readonly<Record<string, unknown>>): void;
  /** Something an operator should look at. */
  alert(event: string, facts?: Readonly<Record<string, unknown>>): void;
}
