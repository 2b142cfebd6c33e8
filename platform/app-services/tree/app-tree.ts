/** The root of an App Services tree, checked and resolved; nothing in it is read from disk again but function sources. */
export interface AppTree {
  readonly dir: string;
  readonly name: string;
  readonly appId: string;
  readonly location: string;
  readonly deploymentModel: string;
  readonly environment: { readonly tag: string; readonly values: Readonly<Record<string, unknown>> };
  readonly allowedOrigins: readonly string[];
  readonly authProviders: ReadonlyMap<string, AuthProvider>;
  readonly customUserData: CustomUserData | null;
  /** By name; values that come from a secret hold the secret itself. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly dataSources: readonly DataSource[];
  readonly functions: ReadonlyMap<string, FunctionDefinition>;
  readonly endpoints: readonly EndpointDefinition[];
  readonly triggers: readonly TriggerDefinition[];
  readonly hostingDir: string | null;
}

export interface AuthProvider {
  readonly type: string;
  readonly disabled: boolean;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface CustomUserData {
  readonly dataSource: string;
  readonly database: string;
  readonly collection: string;
  readonly userIdField: string;
  readonly onUserCreation: string | null;
}

export type ReadPreferenceMode = "primary" | "primaryPreferred" | "secondary" | "secondaryPreferred" | "nearest";

export interface DataSource {
  readonly name: string;
  readonly readPreference: ReadPreferenceMode;
}

export interface FunctionDefinition {
  readonly name: string;
  readonly file: string;
  readonly isPrivate: boolean;
  readonly runAsSystem: boolean;
}

export type EndpointMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "*";

export type EndpointValidation =
  | { readonly kind: "none" }
  | { readonly kind: "secretAsQueryParam"; readonly secret: string }
  | { readonly kind: "verifyPayload"; readonly secret: string };

export interface EndpointDefinition {
  readonly route: string;
  readonly method: EndpointMethod;
  readonly functionName: string;
  readonly validation: EndpointValidation;
  readonly respondResult: boolean;
  readonly returnType: "JSON" | "EJSON";
  readonly fetchCustomUserData: boolean;
  readonly disabled: boolean;
}

interface TriggerBase {
  readonly name: string;
  readonly functionName: string;
  readonly disabled: boolean;
}

export interface AuthenticationTrigger extends TriggerBase {
  readonly kind: "authentication";
  readonly operation: AuthOperation;
  readonly providers: readonly string[];
}

export type AuthOperation = "CREATE" | "LOGIN" | "DELETE";

export interface DatabaseTrigger extends TriggerBase {
  readonly kind: "database";
  readonly dataSource: string;
  readonly database: string;
  readonly collection: string;
  readonly operationTypes: readonly string[];
  /** Extended JSON already turned into values; a `$match` body over the change event. */
  readonly match: Readonly<Record<string, unknown>>;
  readonly project: Readonly<Record<string, unknown>>;
  readonly fullDocument: boolean;
  readonly fullDocumentBeforeChange: boolean;
  readonly unordered: boolean;
  readonly skipCatchupEvents: boolean;
}

export interface ScheduledTrigger extends TriggerBase {
  readonly kind: "scheduled";
  readonly schedule: string;
  readonly skipCatchupEvents: boolean;
}

export type TriggerDefinition = AuthenticationTrigger | DatabaseTrigger | ScheduledTrigger;
