import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { TestClock } from "../core/test-clock";
import { ControlError, readBody, route } from "./json-route";

/**
 * Whose time the account keeps. `real`: nobody can move it. `shared`: a clock that was given at the start, moved by its owner.
 * `own`: a test clock of the simulator.
 */
export type AccountTime =
  | { readonly kind: "real" }
  | { readonly kind: "shared" }
  | { readonly kind: "own"; readonly clock: TestClock };

/** Four digits of year are what ISO text and Stripe's own dates agree on. */
const LAST_SECOND = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

const advanceBody = z
  .strictObject({
    seconds: z.number("expected a whole number, 0 or more").int().min(0).optional(),
    to: z.iso
      .datetime({
        offset: true,
        error: 'expected an instant as ISO 8601 text with its zone, such as "2027-01-31T00:00:00Z"',
      })
      .optional(),
  })
  .refine(
    ({ seconds, to }) => (seconds === undefined) !== (to === undefined),
    "expected exactly one of seconds and to",
  );

/** Serves the way to move the account's time; `moveTo` does what falls due on the way, and resolves when that is kept. */
export function serveClock(
  server: FastifyInstance,
  { time, moveTo }: { readonly time: AccountTime; readonly moveTo: (seconds: number) => Promise<void> },
): void {
  route(server, "POST", "/_sim/clock/advance", async (_request, body) => {
    switch (time.kind) {
      case "real":
        throw new ControlError(409, { error: "The simulator keeps real time, expected one started with a test clock" });
      case "shared":
        throw new ControlError(409, {
          error: "The clock is shared with the runtime: POST /_dev/clock/advance on the runtime's address moves both",
        });
      case "own": {
        const to = secondsOf(readBody(advanceBody, body), time.clock.nowSeconds());
        await moveTo(to);
        return { now: new Date(to * 1000).toISOString() };
      }
    }
  });
}

function secondsOf({ seconds, to }: z.output<typeof advanceBody>, now: number): number {
  const target = to === undefined ? now + (seconds ?? 0) : Math.floor(Date.parse(to) / 1000);
  if (target >= now && target <= LAST_SECOND) return target;
  const expected = `expected an instant from ${new Date(now * 1000).toISOString()}, where the clock stands, to the year 9999`;
  const [path, value] = to === undefined ? ["seconds", seconds] : ["to", to];
  throw new ControlError(400, {
    error: `Invalid ${path}: ${expected}, given ${JSON.stringify(value)}`,
    path,
    value,
    expected,
  });
}
