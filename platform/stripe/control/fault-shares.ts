import { z } from "zod";
import type { FaultRule } from "../core/faults";

const share = () => z.number("expected a share from 0 to 1").min(0).max(1).default(0);

/** Shares of all events and calls that go wrong, for those who need no rules. */
export const shareFields = {
  reorder: share(),
  repeat: share(),
  status429: share(),
  status500: share(),
  timeoutAfterCommit: share(),
};
const shares = z.strictObject(shareFields);
type Shares = z.output<typeof shares>;

/** How far apart events are drawn that come out of order. */
const REORDER_SECONDS = 2;

/** Tells what is wrong with some shares; null = nothing. */
export function wrongShares({ reorder, repeat, status429, status500, timeoutAfterCommit }: Shares): string | null {
  if (reorder + repeat > 1) return "expected reorder and repeat to add up to 1 at most";
  const calls = status429 + status500 + timeoutAfterCommit;
  return calls > 1 ? "expected status429, status500 and timeoutAfterCommit to add up to 1 at most" : null;
}

/**
 * Writes shares as rules. After a timeout the work is done and its answer kept under the key; the connection is reset instead of
 * left hanging, which a client cannot tell apart but for the wait.
 */
export function rulesOfShares(given: Shares): readonly FaultRule[] {
  const { reorder, repeat, status429, status500, timeoutAfterCommit } = given;
  const status = { kind: "status", commit: false, reason: "global-rate" } as const;
  return [
    ...asRules<"hook">([
      [repeat, { plane: "hook", effect: { kind: "duplicate", copies: 1 } }],
      [reorder, { plane: "hook", effect: { kind: "reorder", windowSeconds: REORDER_SECONDS } }],
    ]),
    ...asRules<"api">([
      [status429, { plane: "api", effect: { ...status, status: 429 } }],
      [status500, { plane: "api", effect: { ...status, status: 500 } }],
      [timeoutAfterCommit, { plane: "api", method: "POST", effect: { kind: "reset", commit: true } }],
    ]),
  ];
}

/** The first rule that hits decides, so each later one hits its share of what the earlier ones leave. */
function asRules<Plane extends FaultRule["plane"]>(
  wanted: readonly (readonly [share: number, rule: Extract<FaultRule, { plane: Plane }>])[],
): readonly FaultRule[] {
  let left = 1;
  return wanted.flatMap(([part, rule]) => {
    if (part === 0) return [];
    const probability = Math.min(1, part / left);
    left -= part;
    return [{ ...rule, probability } as FaultRule];
  });
}
