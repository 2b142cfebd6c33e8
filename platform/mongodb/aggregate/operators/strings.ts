import { numberedError } from "../../errors";
import { toWhole } from "../../bson/numeric";
import { show } from "../../bson/show";
import { isNumeric, typeNameOf } from "../../bson/types";
import { Binary, BSONRegExp, BSONSymbol, type Doc, type Value } from "../../bson/values";
import { createRegex } from "../../match/bounded-regex";
import { compileRegex } from "../../match/regular-expression";
import { type Arguments, type Builder, fixed, isNullish, named, variadic } from "./builder";

function requireText(name: string, value: Value | undefined, code: number): string {
  if (typeof value !== "string")
    throw numberedError(code, `${name} requires a string argument, found: ${typeNameOf(value)}`);
  return value;
}

/** Reads a value as the text operators that take anything printable do: null is empty. */
function toText(name: string, value: Value | undefined): string {
  if (isNullish(value)) return "";
  if (typeof value === "string") return value;
  if (value instanceof BSONSymbol) return value.value;
  if (value instanceof Date) return value.toISOString();
  if (isNumeric(value)) return show(value);
  throw numberedError(16007, `can't convert from BSON type ${typeNameOf(value)} to String in ${name}`);
}

function concat(args: Arguments): Value {
  let text = "";
  for (const value of args) {
    if (isNullish(value)) return null;
    text += requireText("$concat only supports strings and", value, 16702);
  }
  return text;
}

function onAscii(name: string, change: (text: string) => string, letters: RegExp): Builder {
  // The server changes the case of ASCII letters only.
  return fixed(name, 1, 1, ([value]) => toText(name, value).replace(letters, change));
}

function count(name: string, value: Value | undefined): number {
  const whole = toWhole(value);
  if (whole === undefined) throw numberedError(34451, `${name} needs whole numbers, found: ${typeNameOf(value)}`);
  return Number(whole);
}

function substringCodePoints([value, from, length]: Arguments): Value {
  const start = count("$substrCP", from);
  const size = count("$substrCP", length);
  if (start < 0 || size < 0)
    throw numberedError(34455, "$substrCP: the starting index and the length must not be negative");
  return [...toText("$substrCP", value)].slice(start, start + size).join("");
}

function substringBytes([value, from, length]: Arguments): Value {
  const bytes = Buffer.from(toText("$substrBytes", value));
  const start = count("$substrBytes", from);
  const size = count("$substrBytes", length);
  if (start < 0) throw numberedError(50752, "$substrBytes: starting index must be non-negative");
  const end = size < 0 ? bytes.length : Math.min(start + size, bytes.length);
  if (isInsideCharacter(bytes, start) || isInsideCharacter(bytes, end)) {
    throw numberedError(28656, "$substrBytes: Invalid range, starting or ending index is a UTF-8 continuation byte.");
  }
  return bytes.toString("utf8", start, Math.max(end, start));
}

function isInsideCharacter(bytes: Buffer, at: number): boolean {
  return ((bytes[at] ?? 0) & 0xc0) === 0x80;
}

function split([value, separator]: Arguments): Value {
  if (isNullish(value) || isNullish(separator)) return null;
  const by = requireText("$split", separator, 40086);
  if (by === "") throw numberedError(40087, "$split requires a non-empty separator");
  return requireText("$split", value, 40085).split(by);
}

function trimming(name: string, atStart: boolean, atEnd: boolean): Builder {
  return named(name, ["input"], ["chars"], ({ input, chars }, has) => {
    if (isNullish(input) || (has.has("chars") && isNullish(chars))) return null;
    const letters = [...requireText(name, input, 50699)];
    const set = chars === undefined ? undefined : new Set(requireText(name, chars, 50700));
    const isCut = (letter: string): boolean => (set === undefined ? /[\s\0]/.test(letter) : set.has(letter));
    const start = atStart ? letters.findIndex((letter) => !isCut(letter)) : 0;
    const end = atEnd ? letters.findLastIndex((letter) => !isCut(letter)) + 1 : letters.length;
    return start < 0 ? "" : letters.slice(start, end).join("");
  });
}

function indexOf(name: string, unitsOf: (text: string) => readonly string[]): Builder {
  return fixed(name, 2, 4, ([value, wanted, from, to]) => {
    if (isNullish(value)) return null;
    const units = unitsOf(requireText(name, value, 40091));
    const token = unitsOf(requireText(name, wanted, 40092));
    const start = from === undefined ? 0 : count(name, from);
    const end = to === undefined ? units.length : Math.min(count(name, to), units.length);
    if (start < 0 || end < 0) throw numberedError(40097, `${name} requires nonnegative start and end indexes`);
    for (let at = start; at + token.length <= end; at++) {
      if (token.every((unit, offset) => units[at + offset] === unit)) return at;
    }
    return -1;
  });
}

const codePoints = (text: string): readonly string[] => [...text];
const byteUnits = (text: string): readonly string[] => [...Buffer.from(text).toString("latin1")];

interface RegexArgs {
  readonly text: string;
  readonly regex: RegExp;
}

function readRegex(
  name: string,
  args: Readonly<Record<string, Value | undefined>>,
  flag: string,
): RegexArgs | undefined {
  const { input, regex, options } = args;
  if (isNullish(input) || isNullish(regex)) return undefined;
  const text = requireText(name, input, 51104);
  const flags = isNullish(options) ? "" : requireText(name, options, 51106);
  const isRegex = regex instanceof BSONRegExp;
  if (!isRegex && typeof regex !== "string")
    throw numberedError(51105, `${name} needs 'regex' to be of type string or regex`);
  const compiled = compileRegex(isRegex ? regex.pattern : regex, (isRegex ? regex.options : "") || flags);
  return { text, regex: createRegex(compiled.source, compiled.flags + flag) };
}

function describeMatch(match: RegExpMatchArray): Doc {
  const before = Array.from((match.input ?? "").slice(0, match.index)).length;
  return new Map<string, Value>([
    ["match", match[0]],
    ["idx", before],
    ["captures", match.slice(1).map((capture: string | undefined) => capture ?? null)],
  ]);
}

const REGEX_ARGS = [["input", "regex"], ["options"]] as const;

function replacing(name: string, replace: (text: string, find: string, by: string) => string): Builder {
  return named(name, ["input", "find", "replacement"], [], ({ input, find, replacement }) => {
    if (isNullish(input) || isNullish(find) || isNullish(replacement)) return null;
    const text = requireText(name, input, 51746);
    return replace(text, requireText(name, find, 51745), requireText(name, replacement, 51744));
  });
}

function lengthIn(name: string, measure: (text: string) => number, code: number): Builder {
  return fixed(name, 1, 1, ([value]) => measure(requireText(name, value, code)));
}

function compareWithoutCase([a, b]: Arguments): Value {
  const left = toText("$strcasecmp", a).toUpperCase();
  const right = toText("$strcasecmp", b).toUpperCase();
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Text. */
export const STRINGS: Readonly<Record<string, Builder>> = {
  $concat: variadic(concat),
  $toLower: onAscii("$toLower", (letter) => letter.toLowerCase(), /[A-Z]/g),
  $toUpper: onAscii("$toUpper", (letter) => letter.toUpperCase(), /[a-z]/g),
  $substr: fixed("$substr", 3, 3, substringBytes),
  $substrBytes: fixed("$substrBytes", 3, 3, substringBytes),
  $substrCP: fixed("$substrCP", 3, 3, substringCodePoints),
  $strLenCP: lengthIn("$strLenCP", (text) => [...text].length, 34471),
  $strLenBytes: lengthIn("$strLenBytes", (text) => Buffer.byteLength(text), 34473),
  $binarySize: fixed("$binarySize", 1, 1, ([value]) => {
    if (isNullish(value)) return null;
    if (value instanceof Binary) return value.length();
    if (typeof value === "string") return Buffer.byteLength(value);
    throw numberedError(51276, `$binarySize requires a string or BinData argument, found: ${typeNameOf(value)}`);
  }),
  $strcasecmp: fixed("$strcasecmp", 2, 2, compareWithoutCase),
  $split: fixed("$split", 2, 2, split),
  $trim: trimming("$trim", true, true),
  $ltrim: trimming("$ltrim", true, false),
  $rtrim: trimming("$rtrim", false, true),
  $indexOfCP: indexOf("$indexOfCP", codePoints),
  $indexOfBytes: indexOf("$indexOfBytes", byteUnits),
  $regexMatch: named("$regexMatch", ...REGEX_ARGS, (args) => {
    const found = readRegex("$regexMatch", args, "");
    return found !== undefined && found.regex.test(found.text);
  }),
  $regexFind: named("$regexFind", ...REGEX_ARGS, (args) => {
    const found = readRegex("$regexFind", args, "");
    const match = found === undefined ? null : found.text.match(found.regex);
    return match === null ? null : describeMatch(match);
  }),
  $regexFindAll: named("$regexFindAll", ...REGEX_ARGS, (args) => {
    const found = readRegex("$regexFindAll", args, "g");
    return found === undefined ? [] : [...found.text.matchAll(found.regex)].map(describeMatch);
  }),
  $replaceOne: replacing("$replaceOne", (text, find, by) => text.replace(find, () => by)),
  $replaceAll: replacing("$replaceAll", (text, find, by) => text.replaceAll(find, () => by)),
};
