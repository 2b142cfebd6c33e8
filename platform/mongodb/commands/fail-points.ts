import type { Doc, Value } from "../bson/values";
import { codeNameOf, ServerError, serverError } from "../errors";
import { toNumber } from "../store/plain-number";

/** What a matching failCommand does to one command. */
export interface CommandFailure {
  readonly errorCode: number | undefined;
  readonly errorLabels: readonly string[] | undefined;
  readonly writeConcernError: Doc | undefined;
  readonly isClosing: boolean;
  readonly blockMs: number;
}

/** Thrown to drop the connection without an answer, as a fail point asked for. */
export class ConnectionDropped extends Error {
  override readonly name = "ConnectionDropped";
}

interface FailPoint {
  left: number;
  skip: number;
  readonly data: Doc;
}

/** The fail points there are. */
export const FAIL_POINTS: ReadonlySet<string> = new Set([
  "failCommand",
  "failGetMoreAfterCursorCheckout",
  "onPrimaryTransactionalWrite",
]);

/** Faults that tests switch on by configureFailPoint. A name set again replaces what was set before. */
export class FailPoints {
  private readonly points = new Map<string, FailPoint>();

  /** Throws: FailedToParse for a mode it cannot read, NotImplemented for a fail point it does not have. */
  configure(body: Doc): void {
    const name = String(body.get("configureFailPoint"));
    const mode = body.get("mode");
    if (mode === "off") {
      this.points.delete(name);
      return;
    }
    if (!FAIL_POINTS.has(name)) throw serverError("NotImplemented", `Fail point '${name}' is not implemented`);
    const data = body.get("data");
    const times = mode instanceof Map ? toNumber(mode.get("times")) : undefined;
    const skip = mode instanceof Map ? toNumber(mode.get("skip")) : undefined;
    if (mode !== "alwaysOn" && times === undefined && skip === undefined) {
      throw serverError("FailedToParse", "A fail point's mode must be 'off', 'alwaysOn', {times: n} or {skip: n}");
    }
    this.points.set(name, {
      left: times ?? Number.POSITIVE_INFINITY,
      skip: skip ?? 0,
      data: data instanceof Map ? data : new Map(),
    });
  }

  /** The failure of this command, if failCommand is on and names it. Only matching commands use up a count. */
  forCommand(command: string, appName: string | undefined): CommandFailure | undefined {
    if (this.points.size === 0 || command === "configureFailPoint") return undefined;
    const data = this.points.get("failCommand")?.data;
    const commands = data?.get("failCommands");
    if (data === undefined || !Array.isArray(commands) || !commands.some((name) => isSameCommand(name, command))) {
      return undefined;
    }
    const onlyFor = data.get("appName");
    if (typeof onlyFor === "string" && onlyFor !== appName) return undefined;
    return this.use("failCommand") ? failureOf(data) : undefined;
  }

  /** Uses up one hit of a named fail point and returns its data; undefined when it is off. */
  hit(name: string): Doc | undefined {
    if (this.points.size === 0) return undefined;
    const data = this.points.get(name)?.data;
    return data !== undefined && this.use(name) ? data : undefined;
  }

  private use(name: string): boolean {
    const point = this.points.get(name);
    if (point === undefined) return false;
    if (point.skip > 0) {
      point.skip -= 1;
      return false;
    }
    point.left -= 1;
    if (point.left <= 0) this.points.delete(name);
    return true;
  }
}

const resumableCodes = new Set([
  6, 7, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436,
]);

/** Fails a getMore whose cursor has been found, as failGetMoreAfterCursorCheckout says. Throws: the error asked for, ConnectionDropped. */
export function failGetMore(points: FailPoints): void {
  const data = points.hit("failGetMoreAfterCursorCheckout");
  if (data === undefined) return;
  const code = toNumber(data.get("errorCode"));
  if (code === undefined || data.get("closeConnection") === true) throw new ConnectionDropped();
  const given = data.get("errorLabels");
  const own = resumableCodes.has(code) ? ["ResumableChangeStreamError"] : [];
  const labels = Array.isArray(given) ? given.map(String) : own;
  throw new ServerError(code, codeNameOf(code), "Failing getMore via a fail point", { labels });
}

/** Runs one retryable statement under onPrimaryTransactionalWrite: it is dropped before the write, or its connection after it. Throws: ConnectionDropped, the error asked for. */
export function runUnderFailPoint<T>(points: FailPoints, run: () => T): T {
  const data = points.hit("onPrimaryTransactionalWrite");
  if (data === undefined) return run();
  const isClosing = data.get("closeConnection") !== false;
  const code = toNumber(data.get("failBeforeCommitExceptionCode"));
  if (code === undefined) {
    const result = run();
    if (isClosing) throw new ConnectionDropped();
    return result;
  }
  if (isClosing) throw new ConnectionDropped();
  throw new ServerError(code, codeNameOf(code), "Failing a write via a fail point");
}

function isSameCommand(name: Value, command: string): boolean {
  return typeof name === "string" && name.toLowerCase() === command.toLowerCase();
}

function failureOf(data: Doc): CommandFailure {
  const labels = data.get("errorLabels");
  const concern = data.get("writeConcernError");
  return {
    errorCode: toNumber(data.get("errorCode")),
    errorLabels: Array.isArray(labels) ? labels.map(String) : undefined,
    writeConcernError: concern instanceof Map ? concern : undefined,
    isClosing: data.get("closeConnection") === true,
    blockMs: data.get("blockConnection") === true ? (toNumber(data.get("blockTimeMS")) ?? 0) : 0,
  };
}
