import type { FastifyInstance } from "fastify";
import { parseBodyObject } from "../client-api/request-body";
import { parseAdvance } from "./parse-advance";
import type { TestClock } from "./test-clock";

/** Adds the way to move the test clock; without a test clock it is not there. */
export function addClockRoutes(server: FastifyInstance, testClock: TestClock): void {
  server.post("/_dev/clock/advance", async (request, reply) => {
    const now = await testClock.advance(parseAdvance(parseBodyObject(request.body)));
    return reply.send({ now: now.toISOString() });
  });
}
