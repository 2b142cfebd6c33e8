import { z } from "zod";
import { AppError } from "../../domain/app-error";

/** Turns an untrusted argument into a typed one, or throws AppError `invalid_input`. */
export type Parser<T> = (argument: unknown) => T;

/**
 * Makes a parser from a schema. Its error names every path, the value that was given and what was expected.
 * Values of fields that may hold secrets or free text are never repeated in full.
 */
export function parseWith<Schema extends z.ZodType>(schema: Schema): Parser<z.output<Schema>> {
  return (argument) => {
    const result = schema.safeParse(argument === undefined ? {} : argument, { reportInput: true });
    if (result.success) return result.data;
    throw new AppError("invalid_input", result.error.issues.map((issue) => describe(issue)).join("; "));
  };
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.length === 0 ? "argument" : issue.path.join(".");
  if (issue.code === "unrecognized_keys")
    return `${path}: unknown field ${issue.keys.map((key) => `"${key}"`).join(", ")}`;
  return `${path}: ${sentence(issue)}, got ${shown(issue.input)}`;
}

function sentence(issue: z.core.$ZodIssue): string {
  const message = issue.message.replace(/^Invalid input: /, "").replace(/, received .*$/, "");
  return message.startsWith("expected") ? message : `expected ${message}`;
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid date" : value.toISOString();
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" || typeof value === "symbol"
    ? typeof value
    : `${value as number | bigint | boolean | null}`;
}
