import type { DataSource } from "../tree/app-tree";

/** What a function may know of the request that caused its call; empty for triggers. */
export interface RequestFacts {
  readonly remoteIPAddress?: string;
  readonly requestHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly httpMethod?: string;
  readonly httpReferrer?: string;
  readonly httpUserAgent?: string;
  readonly rawQueryString?: string;
  readonly webhookUrl?: string;
  readonly service?: string;
  readonly action?: string;
}

/** What a call is given: arguments of a function, or the request of an HTTPS endpoint. */
export type CallInput =
  | { readonly kind: "arguments"; readonly ejson: string }
  | {
      readonly kind: "endpoint";
      readonly query: Readonly<Record<string, string>>;
      readonly headers: Readonly<Record<string, readonly string[]>>;
      readonly body: Uint8Array | null;
      readonly respondResult: boolean;
      readonly format: "JSON" | "EJSON";
    };

/** One call as it crosses to a worker. `callerEjson` holds a `Caller` as canonical extended JSON. */
export interface CallMessage {
  readonly kind: "call";
  readonly id: number;
  readonly requestId: string;
  readonly functionName: string;
  readonly callerEjson: string;
  readonly asSystem: boolean;
  readonly request: RequestFacts;
  readonly input: CallInput;
}

/** What the runtime says to a worker. */
export type ToWorker = CallMessage | { readonly kind: "ping" } | { readonly kind: "close" };

/** The answer of an endpoint function. */
export interface EndpointReply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | string | null;
}

/** Why a call failed, in the words of the client API. The stack goes to the log only. */
export interface CallFailure {
  readonly code: string;
  readonly message: string;
  readonly stack?: string;
}

export type CallReply =
  | { readonly kind: "result"; readonly ejson: string }
  | { readonly kind: "endpoint"; readonly reply: EndpointReply };

/** What a worker says to the runtime. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "pong" }
  | { readonly kind: "done"; readonly id: number; readonly reply: CallReply }
  | { readonly kind: "failed"; readonly id: number; readonly failure: CallFailure }
  | {
      readonly kind: "console";
      readonly level: "debug" | "info" | "warn" | "error";
      readonly functionName: string;
      readonly requestId: string;
      readonly text: string;
    };

/** What a worker is told when it starts. */
export interface WorkerSetup {
  readonly functions: readonly { readonly name: string; readonly file: string; readonly runAsSystem: boolean }[];
  readonly valuesJson: string;
  readonly environmentJson: string;
  readonly app: { readonly clientAppId: string; readonly name: string; readonly deploymentModel: string };
  readonly mongodbUri: string;
  /** See `Clock.cell`. */
  readonly clockCell: SharedArrayBuffer;
  readonly dataSources: readonly DataSource[];
}
