/** The public types of the product: arguments as its parsers make them, results as its use cases give them. */
export type { AuditAnswer } from "./usecases/show-audit";
export type { BalanceAnswer } from "./usecases/read-balance";
export type { CatalogAnswer } from "./usecases/list-catalog";
export type { CheckoutAnswer, CheckoutInput } from "./usecases/start-checkout";
export type { ConsumeAnswer, ConsumeInput } from "./usecases/consume";
export type { GrantAnswer, GrantInput } from "./usecases/grant-tokens";
export type { Health } from "./usecases/check-health";
export type { HistoryAnswer, HistoryInput } from "./usecases/read-history";
export type { InvoicesAnswer } from "./usecases/list-invoices";
export type { Me } from "./usecases/show-me";
export type { Refusal, RefusalCode } from "./domain/refusal";
export type { VerifyAnswer } from "./usecases/verify-ledger";
