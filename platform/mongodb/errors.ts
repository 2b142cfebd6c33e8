import type { Doc } from "./bson/values";

/** The public MongoDB error list, as far as this server raises it or is asked to inject it: name -> code. */
export const ERROR_CODES = {
  InternalError: 1,
  BadValue: 2,
  HostUnreachable: 6,
  HostNotFound: 7,
  UnknownError: 8,
  FailedToParse: 9,
  UserNotFound: 11,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  ProtocolError: 17,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  InvalidBSON: 22,
  LockTimeout: 24,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  RoleNotFound: 31,
  CursorNotFound: 43,
  ConflictingUpdateOperators: 40,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  InvalidIdField: 53,
  NotSingleValueField: 54,
  EmptyFieldName: 56,
  DottedFieldName: 57,
  CommandNotFound: 59,
  WriteConcernFailed: 64,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  IndexAlreadyExists: 68,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  UnknownReplWriteConcern: 79,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  NetworkTimeout: 89,
  ShutdownInProgress: 91,
  UnsatisfiableWriteConcern: 100,
  CommandNotSupported: 115,
  WriteConflict: 112,
  CappedPositionLost: 136,
  ViewDepthLimitExceeded: 165,
  CommandNotSupportedOnView: 166,
  ConflictingOperationInProgress: 117,
  NamespaceNotSharded: 118,
  DocumentValidationFailure: 121,
  FailedToSatisfyReadPreference: 133,
  ReadConcernMajorityNotAvailableYet: 134,
  StaleEpoch: 150,
  OptionNotSupportedOnView: 167,
  InvalidPipelineOperator: 168,
  CannotIndexParallelArrays: 171,
  PrimarySteppedDown: 189,
  InvalidIndexSpecificationOption: 197,
  QueryPlanKilled: 175,
  CannotBackfillArray: 139,
  ConversionFailure: 241,
  NoSuchSession: 206,
  ElectionInProgress: 216,
  TransactionTooOld: 225,
  RetryChangeStream: 234,
  NotImplemented: 238,
  SnapshotTooOld: 239,
  SnapshotUnavailable: 246,
  NoSuchTransaction: 251,
  TransactionCommitted: 256,
  ExceededTimeLimit: 262,
  OperationNotSupportedInTransaction: 263,
  PreparedTransactionInProgress: 267,
  ChangeStreamFatalError: 280,
  ChangeStreamHistoryLost: 286,
  NoMatchingDocument: 47,
  BSONObjectTooLarge: 10334,
  SocketException: 9001,
  NotWritablePrimary: 10107,
  DuplicateKey: 11000,
  InterruptedAtShutdown: 11600,
  Interrupted: 11601,
  InterruptedDueToReplStateChange: 11602,
  NotPrimaryNoSecondaryOk: 13435,
  NotPrimaryOrSecondary: 13436,
} as const;

/** A name of the public MongoDB error list. */
export type ErrorName = keyof typeof ERROR_CODES;

const NAMES = new Map<number, string>(Object.entries(ERROR_CODES).map(([name, code]) => [code, name]));

/** Names a code as the server does; a code without a name of its own is `Location<code>`. */
export function codeNameOf(code: number): string {
  return NAMES.get(code) ?? `Location${code}`;
}

/** What a failed command, or one failed write of it, answers: `extra` holds further reply fields such as keyPattern, keyValue or errInfo. */
export class ServerError extends Error {
  readonly code: number;
  readonly codeName: string;
  readonly errorLabels: string[];
  readonly extra?: Doc;

  constructor(
    code: number,
    codeName: string,
    message: string,
    options: { labels?: readonly string[]; extra?: Doc } = {},
  ) {
    super(message);
    this.name = "ServerError";
    this.code = code;
    this.codeName = codeName;
    this.errorLabels = [...(options.labels ?? [])];
    if (options.extra !== undefined) this.extra = options.extra;
  }
}

/** Builds a server error by the name of its code. */
export function serverError(
  codeName: ErrorName,
  message: string,
  options: { labels?: readonly string[]; extra?: Doc } = {},
): ServerError {
  const code = ERROR_CODES[codeName];
  return new ServerError(code, codeNameOf(code), message, options);
}

/** Builds one of the server's numbered errors, the ones that have no name of their own. */
export function numberedError(code: number, message: string): ServerError {
  return new ServerError(code, codeNameOf(code), message);
}
