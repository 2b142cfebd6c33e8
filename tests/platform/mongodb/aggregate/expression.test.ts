import { compileExpression } from "../../../../platform/mongodb/aggregate/expression";
import { isIdentical } from "../../../../platform/mongodb/bson/identical";
import {
  BSONRegExp,
  Decimal128,
  docOf,
  fromDouble,
  ObjectId,
  plainValueOf,
  type Value,
  valueOf,
} from "../../../../platform/mongodb/bson/values";

const decimal = (text: string): Decimal128 => Decimal128.fromString(text);
const date = (text: string): Date => new Date(text);
const id = new ObjectId("65a000000000000000000001");

const root = docOf({
  int: 5,
  long: 7n,
  double: 2.5,
  whole: fromDouble(4),
  money: decimal("0.10"),
  text: "Hällo World",
  list: [3, 1n, 2],
  docs: [
    { a: 1, b: "x" },
    { a: 2, b: "y" },
  ],
  nested: { a: { b: 9 } },
  at: date("2024-02-29T13:45:30.123Z"),
  none: null,
  id,
});

function evaluate(expression: unknown): Value | undefined {
  return compileExpression(valueOf(expression))({
    root,
    variables: new Map<string, Value>([["NOW", date("2024-01-01T00:00:00Z")]]),
  });
}

/** An object literal with a `then` would look like a promise. */
const choice = (rest: object, result: Value): Value => docOf(rest).set("then", result);

type Row = [expression: unknown, expected: unknown];

const paths: Row[] = [
  ["$int", 5],
  ["$nested.a.b", 9],
  ["$docs.a", [1, 2]],
  ["$docs.missing", []],
  ["$long.low", undefined],
  ["$nothing", undefined],
  ["$$ROOT.int", 5],
  ["$$CURRENT.long", 7n],
  ["$$REMOVE", undefined],
  ["$$NOW", date("2024-01-01T00:00:00Z")],
  [{ $literal: "$int" }, "$int"],
  [
    { a: "$int", b: "$nothing", c: ["$nothing"] },
    { a: 5, c: [null] },
  ],
  [{ $let: { vars: { x: "$int" }, in: { $add: ["$$x", 1] } } }, 6],
  [{ $let: { vars: { x: "$nested" }, in: "$$x.a.b" } }, 9],
];

const arithmetic: Row[] = [
  [{ $add: ["$int", 1] }, 6],
  [{ $add: ["$long", 1] }, 8n],
  [{ $add: ["$double", 1.5] }, fromDouble(4)],
  [{ $add: ["$money", decimal("0.2")] }, decimal("0.30")],
  [{ $add: [9007199254740993n, 1] }, 9007199254740994n],
  [{ $add: [2147483647, 1] }, 2147483648n],
  [{ $add: [2n ** 63n - 1n, 1] }, 2 ** 63],
  [{ $add: ["$int", null] }, null],
  [{ $add: ["$at", 1000] }, date("2024-02-29T13:45:31.123Z")],
  [{ $add: [] }, 0],
  [{ $subtract: ["$long", 8] }, -1n],
  [{ $subtract: ["$at", date("2024-02-29T13:45:30.000Z")] }, 123n],
  [{ $multiply: ["$long", 3n] }, 21n],
  [{ $multiply: [100000, 100000] }, 10000000000n],
  [{ $divide: [10, 4] }, 2.5],
  [{ $divide: [10n, 5] }, fromDouble(2)],
  [{ $divide: [decimal("1"), 8] }, decimal("0.125")],
  [{ $divide: [decimal("1"), decimal("3")] }, decimal("0.3333333333333333333333333333333333")],
  [{ $mod: [-7, 3] }, -1],
  [{ $mod: [7n, 3] }, 1n],
  [{ $mod: [5.5, 2] }, 1.5],
  [{ $mod: [decimal("5.5"), 2] }, decimal("1.5")],
  [{ $abs: -5n }, 5n],
  [{ $ceil: 2.1 }, fromDouble(3)],
  [{ $floor: decimal("-2.1") }, decimal("-3")],
  [{ $floor: 5n }, 5n],
  [{ $round: [2.5] }, fromDouble(2)],
  [{ $round: [1.2345, 2] }, 1.23],
  [{ $round: [1250n, -2] }, 1200n],
  [{ $trunc: [-7.85, 1] }, -7.8],
  [{ $pow: [2, 10] }, 1024],
  [{ $pow: [2n, 62] }, 2n ** 62n],
  [{ $pow: [2, 0.5] }, Math.SQRT2],
  [{ $sqrt: 25 }, fromDouble(5)],
  [{ $bitAnd: [13, 10n] }, 8n],
  [{ $sum: ["$int", "$long", "text"] }, 12n],
  [{ $sum: "$list" }, 6n],
  [{ $avg: "$list" }, fromDouble(2)],
  [{ $max: "$list" }, 3],
  [{ $min: ["$int", "$double", null] }, 2.5],
  [{ $avg: [] }, null],
];

const logic: Row[] = [
  [{ $eq: ["$int", 5n] }, true],
  [{ $lt: ["$nothing", null] }, true],
  [{ $gt: ["a", 9] }, true],
  [{ $cmp: [10n, 9] }, 1],
  [{ $gte: [decimal("0.1"), 0.1] }, false],
  [{ $and: [1, "a", {}] }, true],
  [{ $and: [] }, true],
  [{ $or: [0, null, "$nothing"] }, false],
  [{ $not: [0n] }, true],
  [{ $not: [decimal("0")] }, true],
  [{ $cond: [{ $gt: ["$int", 4] }, "yes", "no"] }, "yes"],
  [{ $cond: choice({ if: "$none", else: "$nothing" }, 1) }, undefined],
  [{ $ifNull: ["$none", "$nothing", 7n] }, 7n],
  [{ $switch: { branches: [choice({ case: { $eq: ["$int", 1] } }, "one")], default: "other" } }, "other"],
];

const arrays: Row[] = [
  [{ $size: "$list" }, 3],
  [{ $arrayElemAt: ["$list", -1] }, 2],
  [{ $arrayElemAt: ["$list", 9] }, undefined],
  [{ $first: "$list" }, 3],
  [{ $last: "$docs" }, { a: 2, b: "y" }],
  [{ $concatArrays: ["$list", [9]] }, [3, 1n, 2, 9]],
  [{ $concatArrays: ["$list", null] }, null],
  [{ $slice: ["$list", -2] }, [1n, 2]],
  [{ $slice: ["$list", 1, 1] }, [1n]],
  [{ $in: [1, "$list"] }, true],
  [{ $isArray: "$list" }, true],
  [{ $indexOfArray: ["$list", 2n] }, 2],
  [{ $range: [0, 10, 4] }, [0, 4, 8]],
  [{ $reverseArray: "$list" }, [2, 1n, 3]],
  [
    { $zip: { inputs: [[1, 2], ["a"]], useLongestLength: true, defaults: [0, "z"] } },
    [
      [1, "a"],
      [2, "z"],
    ],
  ],
  [{ $map: { input: "$list", as: "n", in: { $multiply: ["$$n", 2] } } }, [6, 2n, 4]],
  [{ $map: { input: "$docs", in: "$$this.b" } }, ["x", "y"]],
  [{ $filter: { input: "$list", as: "n", cond: { $gte: ["$$n", 2] } } }, [3, 2]],
  [{ $filter: { input: "$list", cond: true, limit: 1 } }, [3]],
  [{ $reduce: { input: "$list", initialValue: 0n, in: { $add: ["$$value", "$$this"] } } }, 6n],
  [{ $sortArray: { input: "$list", sortBy: 1 } }, [1n, 2, 3]],
  [
    { $sortArray: { input: "$docs", sortBy: { a: -1 } } },
    [
      { a: 2, b: "y" },
      { a: 1, b: "x" },
    ],
  ],
  [
    {
      $setUnion: [
        [2, 1],
        [1n, 3],
      ],
    },
    [1, 2, 3],
  ],
  [
    {
      $setIntersection: [
        [3, 1, 2],
        [2n, 3n],
      ],
    },
    [2, 3],
  ],
  [{ $setDifference: [[1, 2, 3], [2n]] }, [1, 3]],
  [
    {
      $setEquals: [
        [1, 2, 2],
        [2n, 1n],
      ],
    },
    true,
  ],
  [{ $setIsSubset: [[1], [1n, 2]] }, true],
  [{ $anyElementTrue: [[0, null, 1]] }, true],
  [{ $allElementsTrue: [[1, 0]] }, false],
  [{ $maxN: { n: 2, input: "$list" } }, [3, 2]],
];

const objects: Row[] = [
  [{ $mergeObjects: ["$nested", { z: 1 }, null] }, { a: { b: 9 }, z: 1 }],
  [{ $mergeObjects: "$docs" }, { a: 2, b: "y" }],
  [
    { $objectToArray: { b: 1, a: 2 } },
    [
      { k: "b", v: 1 },
      { k: "a", v: 2 },
    ],
  ],
  [
    {
      $arrayToObject: [
        [
          ["b", 1n],
          ["a", 2],
        ],
      ],
    },
    { b: 1n, a: 2 },
  ],
  [{ $arrayToObject: { $literal: [{ k: "x", v: 1 }] } }, { x: 1 }],
  [{ $getField: "int" }, 5],
  [{ $getField: { field: { $literal: "$x.y" }, input: { $literal: docOf({}).set("$x.y", 3) } } }, 3],
  [{ $setField: { field: "a.b", input: {}, value: 1 } }, docOf({}).set("a.b", 1)],
  [{ $unsetField: { field: "a", input: "$nested" } }, {}],
];

const texts: Row[] = [
  [{ $concat: ["a", "$text"] }, "aHällo World"],
  [{ $concat: ["a", null] }, null],
  [{ $toUpper: "$text" }, "HäLLO WORLD"],
  [{ $toLower: null }, ""],
  [{ $substrCP: ["$text", 1, 3] }, "äll"],
  [{ $substrBytes: ["$text", 0, 3] }, "Hä"],
  [{ $strLenCP: "😀a" }, 2],
  [{ $strLenBytes: "😀a" }, 5],
  [{ $split: ["a-b-c", "-"] }, ["a", "b", "c"]],
  [{ $trim: { input: "  a b \n" } }, "a b"],
  [{ $ltrim: { input: "xxaxx", chars: "x" } }, "axx"],
  [{ $rtrim: { input: "xxaxx", chars: "x" } }, "xxa"],
  [{ $indexOfCP: ["$text", "l"] }, 2],
  [{ $indexOfBytes: ["$text", "l"] }, 3],
  [{ $indexOfCP: ["$text", "z"] }, -1],
  [{ $regexMatch: { input: "$text", regex: "^hä", options: "i" } }, true],
  [{ $regexMatch: { input: null, regex: "a" } }, false],
  [{ $regexFind: { input: "😀ab", regex: new BSONRegExp("(b)") } }, { match: "b", idx: 2, captures: ["b"] }],
  [
    { $regexFindAll: { input: "aba", regex: "a" } },
    [
      { match: "a", idx: 0, captures: [] },
      { match: "a", idx: 2, captures: [] },
    ],
  ],
  [{ $replaceOne: { input: "aXbX", find: "X", replacement: { $literal: "$&" } } }, "a$&bX"],
  [{ $replaceAll: { input: "a.b.", find: ".", replacement: "-" } }, "a-b-"],
  [{ $strcasecmp: ["abc", "ABD"] }, -1],
];

const conversions: Row[] = [
  [{ $toString: "$long" }, "7"],
  [{ $toString: "$id" }, "65a000000000000000000001"],
  [{ $toString: 2.5 }, "2.5"],
  [{ $toString: "$at" }, "2024-02-29T13:45:30.123Z"],
  [{ $toLong: "9007199254740993" }, 9007199254740993n],
  [{ $toLong: 2.9 }, 2n],
  [{ $toInt: "$long" }, 7],
  [{ $toDouble: "$int" }, fromDouble(5)],
  [{ $toDecimal: "1.50" }, decimal("1.50")],
  [{ $toDecimal: 0.1 }, decimal("0.100000000000000")],
  [{ $toBool: "" }, true],
  [{ $toBool: 0n }, false],
  [{ $toDate: 5n }, new Date(5)],
  [{ $toDate: "2024-05-06T07:08:09Z" }, date("2024-05-06T07:08:09Z")],
  [{ $toObjectId: "65a000000000000000000001" }, id],
  [{ $convert: { input: "x", to: "int", onError: -1 } }, -1],
  [{ $convert: { input: null, to: "int", onNull: 0 } }, 0],
  [{ $type: "$long" }, "long"],
  [{ $type: "$nothing" }, "missing"],
  [{ $isNumber: "$money" }, true],
];

const dates: Row[] = [
  [{ $year: "$at" }, 2024],
  [{ $month: "$at" }, 2],
  [{ $dayOfMonth: "$at" }, 29],
  [{ $hour: { date: "$at", timezone: "+02:00" } }, 15],
  [{ $hour: { date: "$at", timezone: "America/New_York" } }, 8],
  [{ $dayOfYear: "$at" }, 60],
  [{ $dayOfWeek: "$at" }, 5],
  [{ $isoWeek: date("2021-01-03T00:00:00Z") }, 53],
  [{ $isoWeekYear: date("2021-01-03T00:00:00Z") }, 2020n],
  [{ $week: date("2024-01-07T00:00:00Z") }, 1],
  [{ $dateToString: { date: "$at" } }, "2024-02-29T13:45:30.123Z"],
  [
    { $dateToString: { date: "$at", format: "%Y-%m-%d %H:%M %z", timezone: "Europe/Berlin" } },
    "2024-02-29 14:45 +0100",
  ],
  [{ $dateToString: { date: null, onNull: "-" } }, "-"],
  [{ $dateFromString: { dateString: "2024-02-29T12:00:00", timezone: "+01:00" } }, date("2024-02-29T11:00:00Z")],
  [{ $dateFromParts: { year: 2024, month: 14, day: 1 } }, date("2025-02-01T00:00:00Z")],
  [
    { $dateToParts: { date: date("2024-02-29T13:45:30.123Z") } },
    { year: 2024, month: 2, day: 29, hour: 13, minute: 45, second: 30, millisecond: 123 },
  ],
  [{ $dateAdd: { startDate: date("2024-01-31T00:00:00Z"), unit: "month", amount: 1 } }, date("2024-02-29T00:00:00Z")],
  [
    { $dateAdd: { startDate: date("2024-03-30T12:00:00Z"), unit: "day", amount: 1, timezone: "Europe/Berlin" } },
    date("2024-03-31T11:00:00Z"),
  ],
  [{ $dateSubtract: { startDate: "$at", unit: "hour", amount: 2n } }, date("2024-02-29T11:45:30.123Z")],
  [{ $dateDiff: { startDate: date("2023-12-31T23:59:00Z"), endDate: date("2024-01-01T00:01:00Z"), unit: "year" } }, 1n],
  [{ $dateDiff: { startDate: date("2024-01-01T00:00:00Z"), endDate: date("2024-01-03T00:00:00Z"), unit: "day" } }, 2n],
  [{ $dateDiff: { startDate: date("2024-01-06T00:00:00Z"), endDate: date("2024-01-07T00:00:00Z"), unit: "week" } }, 1n],
  [{ $dateTrunc: { date: "$at", unit: "month" } }, date("2024-02-01T00:00:00Z")],
  [{ $dateTrunc: { date: "$at", unit: "hour", binSize: 6 } }, date("2024-02-29T12:00:00Z")],
  [{ $dateTrunc: { date: "$at", unit: "week", startOfWeek: "monday" } }, date("2024-02-26T00:00:00Z")],
  [{ $dateTrunc: { date: "$at", unit: "day", timezone: "America/New_York" } }, date("2024-02-29T05:00:00Z")],
];

describe("an expression", () => {
  test.each([...paths, ...arithmetic, ...logic, ...arrays, ...objects, ...texts, ...conversions, ...dates])(
    "%j gives %j",
    (expression, expected) => {
      const actual = evaluate(expression);
      const wanted = expected === undefined ? undefined : valueOf(expected);
      const shown = actual === undefined ? undefined : plainValueOf(actual);
      expect([shown, isIdentical(actual, wanted)]).toEqual([
        wanted === undefined ? undefined : plainValueOf(wanted),
        true,
      ]);
    },
  );

  test.each<[unknown, object]>([
    [{ $nothing: 1 }, { code: 168, message: "Unrecognized expression '$nothing'" }],
    [{ $add: 1, $subtract: 1 }, { code: 15983 }],
    [{ $add: ["$text", 1] }, { code: 14 }],
    [{ $divide: [1, 0] }, { code: 2, message: "can't $divide by zero" }],
    [{ $mod: [1, 0] }, { code: 16610 }],
    [{ $subtract: [1] }, { code: 16020 }],
    [{ $size: "$int" }, { code: 17124 }],
    ["$$unknown", { code: 17276, message: "Use of undefined variable: unknown" }],
    ["$a..b", { code: 15998 }],
    [{ $toInt: "x" }, { code: 241, codeName: "ConversionFailure" }],
    [{ $toInt: 2n ** 40n }, { code: 241 }],
    [{ $map: { input: "$int", in: 1 } }, { code: 16883 }],
    [{ $dateAdd: { startDate: "$at", unit: "eon", amount: 1 } }, { code: 9 }],
    [{ $hour: { date: "$at", timezone: "Mars/Olympus" } }, { code: 40485 }],
    [{ $switch: { branches: [choice({ case: false }, 1)] } }, { code: 40066 }],
  ])("%j is refused by name", (expression, error) => {
    expect(() => evaluate(expression)).toThrow(expect.objectContaining(error));
  });
});
