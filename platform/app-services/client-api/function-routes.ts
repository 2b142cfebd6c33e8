import type { FastifyInstance, FastifyRequest } from "fastify";
import { AppServicesError, badRequest } from "../app-services-error";
import type { Sessions } from "../auth/sessions";
import type { FunctionRunner } from "../functions/function-runner";
import type { AppTree } from "../tree/app-tree";
import { assertApp } from "./auth-routes";
import { requiredBearerToken } from "./bearer-token";
import { parseBodyObject } from "./request-body";
import { headersWithoutCredentials, toRequestFacts } from "./request-facts";

const PATH = "/api/client/v2.0/app/:appId/functions/call";
/** Request and arguments together, as on App Services. */
export const CALL_LIMIT_BYTES = 18 * 1024 * 1024;

type AppRequest = FastifyRequest<{ Params: { appId: string } }>;

/** Adds the function call. Calls of MongoDB services and streams are refused by name. */
export function addFunctionRoutes(
  server: FastifyInstance,
  deps: { readonly tree: AppTree; readonly sessions: Sessions; readonly runner: FunctionRunner },
): void {
  const { tree, sessions, runner } = deps;
  server.post(PATH, { bodyLimit: CALL_LIMIT_BYTES }, async (request: AppRequest, reply) => {
    assertApp(tree, request.params.appId);
    const { caller } = await sessions.authenticate(requiredBearerToken(request));
    const body = parseBodyObject(request.body);
    const { name, service } = body;
    const args = body["arguments"] ?? [];
    if (typeof name !== "string") throw badRequest("name must be a string");
    if (!Array.isArray(args)) throw badRequest("arguments must be an array");
    if (service !== undefined && service !== null) throw serviceRefusal(tree, service, name);
    const definition = tree.functions.get(name);
    // A private function answers like an unknown one, so that its existence is not revealed.
    if (definition === undefined || definition.isPrivate) {
      throw new AppServicesError(404, "FunctionNotFound", `function not found: '${name}'`);
    }
    const ejson = await runner.callFunction(
      {
        functionName: name,
        requestId: request.id,
        caller,
        request: toRequestFacts(request, headersWithoutCredentials(request)),
        asSystem: false,
      },
      toArgumentsEjson(args),
    );
    return reply.type("application/json; charset=utf-8").send(ejson);
  });
  server.get(PATH, (request: AppRequest) => refuseStream(request, tree, sessions));
}

function toArgumentsEjson(args: readonly unknown[]): string {
  try {
    return JSON.stringify(args);
  } catch (error) {
    // Parsing takes any depth, writing does not.
    throw error instanceof RangeError ? badRequest("arguments are nested too deeply") : error;
  }
}

async function refuseStream(request: AppRequest, tree: AppTree, sessions: Sessions): Promise<never> {
  assertApp(tree, request.params.appId);
  await sessions.authenticate(requiredBearerToken(request));
  throw new AppServicesError(
    400,
    "ServiceCommandNotFound",
    "watch and other streams are not served by this runtime yet",
  );
}

function serviceRefusal(tree: AppTree, service: unknown, command: string): AppServicesError {
  if (!tree.dataSources.some((source) => source.name === service)) {
    return new AppServicesError(404, "ServiceNotFound", `service not found: '${String(service)}'`);
  }
  return new AppServicesError(
    400,
    "ServiceCommandNotFound",
    `'${command}' of the service '${String(service)}' is not served by this runtime yet, call a function instead`,
  );
}
