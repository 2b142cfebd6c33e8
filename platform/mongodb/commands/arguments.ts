import { typeNameOf } from "../bson/types";
import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import { toNumber } from "../store/plain-number";

/** Reads typed fields out of a command or one of its statements; every wrong type is a TypeMismatch that names the field. */
export class Arguments {
  constructor(
    readonly body: Doc,
    private readonly owner: string,
  ) {}

  has(name: string): boolean {
    return this.body.has(name);
  }

  string(name: string): string {
    const value = this.body.get(name);
    if (typeof value === "string") return value;
    throw this.mismatch(name, "string");
  }

  doc(name: string): Doc | undefined {
    const value = this.body.get(name);
    if (value === undefined || value === null) return undefined;
    if (value instanceof Map) return value;
    throw this.mismatch(name, "object");
  }

  requiredDoc(name: string): Doc {
    const value = this.doc(name);
    if (value === undefined) throw this.missing(name);
    return value;
  }

  array(name: string): Value[] | undefined {
    const value = this.body.get(name);
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value)) return value;
    throw this.mismatch(name, "array");
  }

  docs(name: string): Doc[] | undefined {
    return this.array(name)?.map((value, at) => {
      if (value instanceof Map) return value;
      throw this.mismatch(`${name}.${at}`, "object");
    });
  }

  boolean(name: string, whenMissing: boolean): boolean {
    const value = this.body.get(name);
    if (value === undefined || value === null) return whenMissing;
    if (typeof value === "boolean") return value;
    const number = toNumber(value);
    if (number !== undefined) return number !== 0;
    throw this.mismatch(name, "bool");
  }

  /** A whole number that is not negative. */
  count(name: string): number | undefined {
    const value = this.body.get(name);
    if (value === undefined || value === null) return undefined;
    const number = toNumber(value);
    if (number === undefined) throw this.mismatch(name, "long");
    if (number < 0 || !Number.isSafeInteger(Math.trunc(number))) {
      throw serverError("BadValue", `BSON field '${name}' value must be >= 0, actual value '${number}'`);
    }
    return Math.trunc(number);
  }

  missing(name: string): Error {
    return serverError("FailedToParse", `BSON field '${this.owner}.${name}' is missing but a required field`);
  }

  private mismatch(name: string, expected: string): Error {
    const value = this.body.get(name);
    if (value === undefined) return this.missing(name);
    return serverError(
      "TypeMismatch",
      `BSON field '${this.owner}.${name}' is the wrong type '${typeNameOf(value)}', expected type '${expected}'`,
    );
  }
}
