import { serverError } from "../errors";
import { addExact, multiply, multiplyExact, toWhole } from "../bson/numeric";
import { isArrayIndex } from "../bson/path";
import { show } from "../bson/show";
import { isNumeric, type Numeric, typeNameOf } from "../bson/types";
import { type Doc, fromWhole, type Value } from "../bson/values";
import type { Comparator } from "../match/collation";
import type { Change, Modifier, ModifierContext } from "./update-tree";

/** Builds the changes of one operator for one path; values compare in the given order. */
export type ModifierBuilder = (path: string, operand: Value, order: Comparator) => Change[];

function simple(build: (operand: Value, path: string, order: Comparator) => Modifier): ModifierBuilder {
  return (path, operand, order) => [{ path, modifier: build(operand, path, order) }];
}

const set = simple((operand) => ({ creates: true, apply: () => operand }));

const unset = simple(() => ({ creates: false, apply: () => undefined }));

function arithmetic(name: "$inc" | "$mul"): ModifierBuilder {
  const verb = name === "$inc" ? "increment" : "multiply";
  return simple((operand, path) => {
    if (!isNumeric(operand)) {
      throw serverError("TypeMismatch", `Cannot ${verb} with non-numeric argument: {${path}: ${show(operand)}}`);
    }
    return {
      creates: true,
      apply(current, { root }, at) {
        if (current === undefined) return name === "$inc" ? operand : multiply(0, operand);
        if (!isNumeric(current)) throw notNumeric(name, root, at, current);
        const result = name === "$inc" ? addExact(current, operand) : multiplyExact(current, operand);
        return result ?? overflow(name, current, root);
      },
    };
  });
}

function notNumeric(name: string, root: Doc, path: string, current: Value): Error {
  return serverError(
    "TypeMismatch",
    `Cannot apply ${name} to a value of non-numeric type. {_id: ${show(root.get("_id"))}} has the field '${path}' of non-numeric type ${typeNameOf(current)}`,
  );
}

function overflow(name: string, current: Numeric, root: Doc): never {
  throw serverError(
    "BadValue",
    `Failed to apply ${name} operations to current value (${show(current)}) for document {_id: ${show(root.get("_id"))}}`,
  );
}

function extreme(sign: 1 | -1): ModifierBuilder {
  return simple((operand, _path, order) => ({
    creates: true,
    apply: (current) => (current === undefined || sign * order(operand, current) > 0 ? operand : current),
  }));
}

const currentDate = simple((operand, path) => {
  const type = typeof operand === "boolean" ? "date" : operand instanceof Map ? operand.get("$type") : undefined;
  if ((type !== "date" && type !== "timestamp") || (operand instanceof Map && operand.size > 1)) {
    throw serverError(
      "BadValue",
      `${typeNameOf(operand)} is not valid type for $currentDate of '${path}'. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
    );
  }
  return { creates: true, apply: (_current, { now, timestamp }) => (type === "date" ? now : timestamp) };
});

const BIT_OPERATIONS: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};

const bit = simple((operand, path) => {
  if (!(operand instanceof Map) || operand.size === 0) {
    throw serverError(
      "BadValue",
      "The $bit modifier is not compatible with such an operand. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}",
    );
  }
  const steps = [...operand].map(([name, value]) => {
    const run = Object.hasOwn(BIT_OPERATIONS, name) ? BIT_OPERATIONS[name] : undefined;
    if (run === undefined) {
      throw serverError(
        "BadValue",
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: {${name}: ${show(value)}}`,
      );
    }
    return {
      run,
      value: requireBits(
        value,
        `The $bit modifier field must be an Integer(32/64 bit); a '${typeNameOf(value)}' is not supported here: {${name}: ${show(value)}}`,
      ),
    };
  });
  return {
    creates: true,
    apply: (current = 0) =>
      steps.reduce<number | bigint>(
        (value, step) => combineBits(value, step.value, step.run),
        requireBits(
          current,
          `Cannot apply $bit to a value of non-integral type. The field '${path}' has the type ${typeNameOf(current)}`,
        ),
      ),
  };
});

function requireBits(value: Value, complaint: string): number | bigint {
  if (typeof value === "bigint" || (typeof value === "number" && typeNameOf(value) === "int")) return value;
  throw serverError("BadValue", complaint);
}

function combineBits(a: number | bigint, b: number | bigint, run: (a: bigint, b: bigint) => bigint): number | bigint {
  const result = run(toWhole(a) ?? 0n, toWhole(b) ?? 0n);
  return typeof a === "bigint" || typeof b === "bigint" ? result : fromWhole(result);
}

/** A rename removes the source and sets the target, both judged against the document as it was. */
const rename: ModifierBuilder = (path, operand) => {
  if (typeof operand !== "string")
    throw serverError("BadValue", `The 'to' field for $rename must be a string: ${path}: ${show(operand)}`);
  if (path === operand)
    throw serverError("BadValue", `The source and target field for $rename must differ: ${path}: "${operand}"`);
  for (const [role, name] of [
    ["source", path],
    ["destination", operand],
  ] as const) {
    if (name.split(".").some((part) => part.startsWith("$"))) {
      throw serverError("BadValue", `The ${role} field for $rename may not be dynamic: ${name}`);
    }
  }
  const target: Modifier = {
    creates: true,
    apply: (current, context) => sourceOf(path, "source", context) ?? current,
  };
  const source: Modifier = {
    creates: false,
    apply(current, context) {
      sourceOf(operand, "destination", context);
      return sourceOf(path, "source", context) === undefined ? current : undefined;
    },
  };
  return [
    { path, modifier: source },
    { path: operand, modifier: target },
  ];
};

function sourceOf(path: string, role: string, { root }: ModifierContext): Value | undefined {
  let value: Value | undefined = root;
  for (const part of path.split(".")) {
    if (Array.isArray(value) && isArrayIndex(part)) {
      throw serverError(
        "BadValue",
        `The ${role} field cannot be an array element, '${path}' in doc with _id: ${show(root.get("_id"))} has an array on its way`,
      );
    }
    value = value instanceof Map ? value.get(part) : undefined;
  }
  return value;
}

/** The operators that change one value by itself. */
export const VALUE_MODIFIERS: Readonly<Record<string, ModifierBuilder>> = {
  $set: set,
  $setOnInsert: set,
  $unset: unset,
  $inc: arithmetic("$inc"),
  $mul: arithmetic("$mul"),
  $min: extreme(-1),
  $max: extreme(1),
  $currentDate: currentDate,
  $bit: bit,
  $rename: rename,
};
