import type { z } from "zod";
import type { Clock } from "../core/clock";
import type { Transaction } from "../core/store";
import type { CommittedRefusal } from "./stripe-error";
import type { Form } from "./form";
import { readParameters } from "./parameters";

/** What an endpoint works with: one transaction at one instant. */
export interface CallContext {
  readonly tx: Transaction;
  readonly now: number;
  readonly clock: Clock;
  /** Where this simulator answers, for the addresses that it hands out. */
  readonly baseUrl: string;
  /** What the first webhook endpoint gets as its secret. */
  readonly webhookSecret: string;
}

/** An answer: an object, or a refusal whose work is kept. */
export type Answer = object | CommittedRefusal;

/** One call of the API. */
export interface Endpoint {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path with `:id` for what varies. */
  readonly path: string;
  /** Checks the parameters and answers the work; the work must not wait for anything. */
  prepare(form: Form): (context: CallContext, path: Readonly<Record<string, string>>) => Answer;
}

interface EndpointDefinition<S extends z.ZodType> {
  readonly method: Endpoint["method"];
  readonly path: string;
  readonly parameters: S;
  /** `id` and `path` are what varies in the path. */
  readonly run: (
    params: z.output<S>,
    context: CallContext,
    id: string,
    path: Readonly<Record<string, string>>,
  ) => Answer;
}

/** Defines a call with the schema of its parameters. */
export function defineEndpoint<S extends z.ZodType>(definition: EndpointDefinition<S>): Endpoint {
  return {
    method: definition.method,
    path: definition.path,
    prepare: (form) => {
      const params = readParameters(definition.parameters, form);
      return (context, path) => definition.run(params, context, path["id"] ?? "", path);
    },
  };
}
