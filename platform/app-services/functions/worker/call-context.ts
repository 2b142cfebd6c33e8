import type { Caller } from "../../auth/caller";
import type { RequestFacts, WorkerSetup } from "../protocol";
import type { FunctionCache } from "./function-cache";
import { httpClient } from "./http-client";
import { RulesNotSupportedError, type MongodbService } from "./mongodb-service";

export interface CallScope {
  readonly functionName: string;
  readonly asSystem: boolean;
  readonly caller: Caller;
  readonly request: RequestFacts;
}

export interface ContextDeps {
  readonly setup: WorkerSetup;
  readonly values: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, unknown>>;
  readonly services: ReadonlyMap<string, MongodbService>;
  readonly functions: FunctionCache;
}

/** Nested `functions.execute` deeper than this is taken for an endless recursion. */
const DEEPEST_CALL = 50;

/** Builds the `context` of one call. Holds: nothing in it can be changed so that another call would see it. */
export function createCallContext(deps: ContextDeps, scope: CallScope, depth = 0): object {
  const { setup, services, functions } = deps;
  return {
    app: {
      id: setup.app.clientAppId,
      clientAppId: setup.app.clientAppId,
      name: setup.app.name,
      projectId: "",
      deployment: { model: setup.app.deploymentModel, providerRegion: "" },
    },
    environment: structuredClone(deps.environment),
    functions: {
      // Async, so that an unknown name rejects like every other failure of a callee.
      execute: async (name: string, ...args: unknown[]): Promise<unknown> => {
        if (depth >= DEEPEST_CALL) throw new Error(`functions.execute is nested more than ${DEEPEST_CALL} deep`);
        const inner = { ...scope, functionName: name, asSystem: scope.asSystem || functions.runsAsSystem(name) };
        return functions.bind(name, createCallContext(deps, inner, depth + 1))(...args);
      },
    },
    http: httpClient,
    request: { ...scope.request },
    runningAsSystem: () => scope.asSystem,
    services: {
      get(name: string): MongodbService | undefined {
        const service = services.get(name);
        if (service !== undefined && !scope.asSystem) throw new RulesNotSupportedError(scope.functionName, name);
        return service;
      },
    },
    user: { ...scope.caller },
    values: {
      get: (name: string): unknown =>
        Object.hasOwn(deps.values, name) ? structuredClone(deps.values[name]) : undefined,
    },
  };
}
