import { runPipeline } from "../../../../platform/mongodb/aggregate/run-pipeline";
import { isIdentical } from "../../../../platform/mongodb/bson/identical";
import { Decimal128, type Doc, docOf, fromDouble, plainOf } from "../../../../platform/mongodb/bson/values";

/** The stages that look at documents in their series. Most rows are the examples of the manual's page on the stage. */
const collections: Record<string, object[]> = {
  cakes: [
    { _id: 0, state: "CA", at: 2, quantity: 120 },
    { _id: 1, state: "WA", at: 1, quantity: 140 },
    { _id: 2, state: "CA", at: 1, quantity: 162 },
    { _id: 3, state: "WA", at: 3, quantity: 104 },
    { _id: 4, state: "CA", at: 3, quantity: 145 },
    { _id: 5, state: "WA", at: 2, quantity: 134 },
  ],
  employees: [
    { _id: 1, name: "Dev" },
    { _id: 2, name: "Eliot", reportsTo: "Dev" },
    { _id: 3, name: "Ron", reportsTo: "Eliot" },
    { _id: 4, name: "Andrew", reportsTo: "Eliot" },
    { _id: 5, name: "Asya", reportsTo: "Ron" },
    { _id: 6, name: "Dan", reportsTo: "Andrew" },
  ],
};

function run(pipeline: object[], input: object[] = collections["cakes"] ?? []): Doc[] {
  const context = { collection: (name: string) => (collections[name] ?? []).map(docOf), now: new Date(0) };
  return [...runPipeline(pipeline.map(docOf), input.map(docOf), context)];
}

function expectSame(actual: readonly Doc[], expected: readonly object[]): void {
  const wanted = expected.map(docOf);
  if (actual.length !== wanted.length || !actual.every((doc, index) => isIdentical(doc, wanted[index] ?? new Map())))
    expect(actual.map(plainOf)).toEqual(wanted.map(plainOf));
  expect(actual.every((doc, index) => isIdentical(doc, wanted[index] ?? new Map()))).toBe(true);
}

const date = (text: string): Date => new Date(text);
const minutes = (count: number): Date => new Date(count * 60_000);

function windowed(output: object, { partitionBy = "$state", sortBy = { at: 1 } as object } = {}): object[] {
  return [{ $setWindowFields: { partitionBy, sortBy, output: { out: output } } }, { $project: { _id: 1, out: 1 } }];
}

const idsAnd = (values: readonly unknown[], ids = [2, 0, 4, 1, 5, 3]): object[] =>
  values.map((out, index) => (out === undefined ? { _id: ids[index] } : { _id: ids[index], out }));

const windows: [string, object[], object[]][] = [
  [
    "a running total in each partition",
    windowed({ $sum: "$quantity", window: { documents: ["unbounded", "current"] } }),
    idsAnd([162, 282, 427, 140, 274, 378]),
  ],
  [
    "a total to come",
    windowed({ $sum: "$quantity", window: { documents: ["current", "unbounded"] } }),
    idsAnd([427, 265, 145, 378, 238, 104]),
  ],
  [
    "an average of the document before and the document itself",
    windowed({ $avg: "$quantity", window: { documents: [-1, 0] } }),
    idsAnd([162, 141, 132.5, 140, 137, 119].map(fromDouble)),
  ],
  ["the whole partition without a window", windowed({ $max: "$quantity" }), idsAnd([162, 162, 162, 140, 140, 140])],
  [
    "the neighbours without the document",
    windowed({ $push: "$quantity", window: { documents: [1, 2] } }),
    idsAnd([[120, 145], [145], [], [134, 104], [104], []]),
  ],
  [
    "a growing list that does not change afterwards",
    windowed({ $push: "$at", window: { documents: ["unbounded", "current"] } }),
    idsAnd([[1], [1, 2], [1, 2, 3], [1], [1, 2], [1, 2, 3]]),
  ],
  [
    "values near in worth",
    windowed(
      { $sum: "$quantity", window: { range: [-10, 10] } },
      { partitionBy: null as unknown as string, sortBy: { quantity: 1 } },
    ),
    idsAnd([104, 120, 274, 419, 285, 162], [3, 0, 5, 1, 4, 2]),
  ],
  ["the number of each document", windowed({ $documentNumber: {} }), idsAnd([1n, 2n, 3n, 1n, 2n, 3n])],
  [
    "the document after, or a default",
    windowed({ $shift: { output: "$quantity", by: 1, default: "none" } }),
    idsAnd([120, 145, "none", 134, 104, "none"]),
  ],
  ["the document before, or null", windowed({ $shift: { output: "$at", by: -1 } }), idsAnd([null, 1, 2, null, 1, 2])],
  [
    "the first of a window",
    windowed({ $first: "$quantity", window: { documents: [-1, 1] } }),
    idsAnd([162, 162, 120, 140, 140, 134]),
  ],
  [
    "a median",
    windowed({ $median: { input: "$quantity", method: "approximate" }, window: { documents: [-1, 1] } }),
    idsAnd([120, 145, 120, 134, 134, 104].map(fromDouble)),
  ],
  ["a count", windowed({ $count: {}, window: { documents: [0, 1] } }), idsAnd([2, 2, 1, 2, 2, 1])],
  [
    "the deviation of a population",
    windowed({ $stdDevPop: "$at", window: { documents: [0, 1] } }),
    idsAnd([0.5, 0.5, 0, 0.5, 0.5, 0].map(fromDouble)),
  ],
  [
    "the covariance of a population",
    windowed({ $covariancePop: ["$at", "$at"], window: { documents: [0, 1] } }),
    idsAnd([0.25, 0.25, 0, 0.25, 0.25, 0].map(fromDouble)),
  ],
];

test.each(windows)("$setWindowFields gives %s", (_, pipeline, expected) => {
  expectSame(run(pipeline), expected);
});

test("$setWindowFields ranks ties alike, with and without gaps", () => {
  const rows = [3, 1, 3, 2].map((v, _id) => ({ _id, v }));
  const spec = { sortBy: { v: -1 }, output: { rank: { $rank: {} }, "in.dense": { $denseRank: {} } } };
  expectSame(run([{ $setWindowFields: spec }], rows), [
    { _id: 0, v: 3, rank: 1n, in: { dense: 1n } },
    { _id: 2, v: 3, rank: 1n, in: { dense: 1n } },
    { _id: 3, v: 2, rank: 3n, in: { dense: 2n } },
    { _id: 1, v: 1, rank: 4n, in: { dense: 3n } },
  ]);
});

test("$setWindowFields takes windows of time", () => {
  const rows = [0, 20, 45, 200].map((at, _id) => ({ _id, at: minutes(at) }));
  const output = { near: { $push: "$_id", window: { range: [-30, 0], unit: "minute" } } };
  const found = run([{ $setWindowFields: { sortBy: { at: 1 }, output } }, { $project: { near: 1 } }], rows);
  expectSame(found, [
    { _id: 0, near: [0] },
    { _id: 1, near: [0, 1] },
    { _id: 2, near: [1, 2] },
    { _id: 3, near: [3] },
  ]);
});

test("$setWindowFields gives moving averages, of doubles and of decimals", () => {
  const rows = [13, 15.4, 12].map((price, _id) => ({ _id, price, exact: Decimal128.fromString(String(price)) }));
  const output = {
    byCount: { $expMovingAvg: { input: "$price", N: 2 } },
    byWeight: { $expMovingAvg: { input: "$price", alpha: 0.75 } },
    exact: { $expMovingAvg: { input: "$exact", alpha: 0.5 } },
  };
  const found = run([{ $setWindowFields: { sortBy: { _id: 1 }, output } }], rows).map(plainOf);
  expect(found.map((row) => Number(row["byCount"])).slice(1)).toEqual([14.6, 12.866666666666667]);
  expect(found.map((row) => Number(row["byWeight"]))).toEqual([13, 14.8, 12.7]);
  expect(found.map((row) => String(row["exact"]))).toEqual(["13", "14.2", "13.1"].map(expect.stringContaining));
});

test("$setWindowFields gives rates and areas by units of time", () => {
  const rows = [0, 60, 120].map((at, index) => ({ _id: index, at: minutes(at), miles: index * index * 10 }));
  const output = {
    speed: { $derivative: { input: "$miles", unit: "hour" }, window: { range: [-1, 0], unit: "hour" } },
    area: { $integral: { input: "$miles", unit: "hour" }, window: { documents: ["unbounded", "current"] } },
  };
  const found = run([{ $setWindowFields: { sortBy: { at: 1 }, output } }], rows).map(plainOf);
  expect(found.map((row) => (row["speed"] === null ? null : Number(row["speed"])))).toEqual([null, 10, 30]);
  expect(found.map((row) => Number(row["area"]))).toEqual([0, 5, 30]);
});

const graph = (more: object): object => ({
  $graphLookup: {
    from: "employees",
    startWith: "$reportsTo",
    connectFromField: "reportsTo",
    connectToField: "name",
    as: "line",
    ...more,
  },
});
const asya = [{ _id: 5, name: "Asya", reportsTo: "Ron" }];

test("$graphLookup follows references to their end, and tells their depth", () => {
  const pipeline = [graph({ depthField: "depth" }), { $project: { _id: 0, "line.name": 1, "line.depth": 1 } }];
  expectSame(run(pipeline, asya), [
    {
      line: [
        { name: "Ron", depth: 0n },
        { name: "Eliot", depth: 1n },
        { name: "Dev", depth: 2n },
      ],
    },
  ]);
});

test("$graphLookup stops at a depth and at documents that a filter leaves out", () => {
  const names = (more: object): unknown =>
    plainOf(run([graph(more), { $project: { _id: 0, names: "$line.name" } }], asya)[0] ?? new Map())["names"];
  expect(names({ maxDepth: 0 })).toEqual(["Ron"]);
  expect(names({ restrictSearchWithMatch: { name: { $ne: "Eliot" } } })).toEqual(["Ron"]);
});

test("$graphLookup ends where references go round", () => {
  collections["ring"] = [
    { _id: 1, next: 2 },
    { _id: 2, next: 1n },
  ];
  const spec = { from: "ring", startWith: 1, connectFromField: "next", connectToField: "_id", as: "all" };
  expectSame(run([{ $graphLookup: spec }, { $project: { _id: 0, "all._id": 1 } }], [{ _id: 9 }]), [
    { all: [{ _id: 1 }, { _id: 2 }] },
  ]);
});

test("$bucketAuto fills buckets alike, keeps equal values together and names their edges", () => {
  const rows = [1, 2, 2, 2, 3, 4, 5n].map((v, _id) => ({ _id, v }));
  expectSame(run([{ $bucketAuto: { groupBy: "$v", buckets: 3 } }], rows), [
    { _id: { min: 1, max: 3 }, count: 4 },
    { _id: { min: 3, max: 5n }, count: 2 },
    { _id: { min: 5n, max: 5n }, count: 1 },
  ]);
  const output = { ids: { $push: "$_id" } };
  expectSame(run([{ $bucketAuto: { groupBy: "$v", buckets: 1, output } }], rows), [
    { _id: { min: 1, max: 5n }, ids: [0, 1, 2, 3, 4, 5, 6] },
  ]);
});

const densities: [string, object, object[], object[]][] = [
  [
    "numbers from the least to the greatest",
    { field: "v", range: { step: 2, bounds: "full" } },
    [{ v: 1 }, { v: 4 }, { v: 5 }],
    [{ v: 1 }, { v: 3 }, { v: 4 }, { v: 5 }],
  ],
  [
    "numbers within bounds, without the upper one",
    { field: "v", range: { step: 1, bounds: [0, 3] } },
    [{ v: 1 }, { v: 7 }],
    [{ v: 0 }, { v: 1 }, { v: 2 }, { v: 7 }],
  ],
  [
    "each partition by itself",
    { field: "v", partitionByFields: ["p"], range: { step: 1, bounds: "partition" } },
    [
      { p: "a", v: 1 },
      { p: "b", v: 5 },
      { p: "a", v: 3 },
    ],
    [
      { p: "a", v: 1 },
      { p: "a", v: 2 },
      { p: "a", v: 3 },
      { p: "b", v: 5 },
    ],
  ],
  [
    "every partition over the whole range",
    { field: "v", partitionByFields: ["p"], range: { step: 1, bounds: "full" } },
    [
      { p: "a", v: 1 },
      { p: "b", v: 2 },
    ],
    [
      { p: "a", v: 1 },
      { p: "a", v: 2 },
      { p: "b", v: 1 },
      { p: "b", v: 2 },
    ],
  ],
  [
    "hours",
    { field: "at", range: { step: 4, unit: "hour", bounds: [date("2021-05-18T00:00Z"), date("2021-05-18T08:00Z")] } },
    [{ at: date("2021-05-18T00:00Z") }],
    [{ at: date("2021-05-18T00:00Z") }, { at: date("2021-05-18T04:00Z") }],
  ],
  [
    "months that keep the day they began with",
    { field: "at", range: { step: 1, unit: "month", bounds: "full" } },
    [{ at: date("2021-01-31T00:00Z") }, { at: date("2021-03-31T00:00Z") }],
    [{ at: date("2021-01-31T00:00Z") }, { at: date("2021-02-28T00:00Z") }, { at: date("2021-03-31T00:00Z") }],
  ],
  [
    "nothing where the field is missing",
    { field: "v", range: { step: 1, bounds: "full" } },
    [{ other: 1 }, { v: null }],
    [{ other: 1 }, { v: null }],
  ],
];

test.each(densities)("$densify adds %s", (_, spec, input, expected) => {
  expectSame(run([{ $densify: spec }], input), expected);
});

const prices = [
  { _id: 0, at: 0, price: 10 },
  { _id: 1, at: 1, price: null },
  { _id: 2, at: 3 },
  { _id: 3, at: 4, price: 30 },
  { _id: 4, at: 5 },
];

test("$fill carries values forward, draws lines between them and puts constants", () => {
  const fillWith = (rule: object): unknown[] =>
    run([{ $fill: { sortBy: { at: 1 }, output: { price: rule } } }], prices).map((doc) => plainOf(doc)["price"]);
  expect(fillWith({ method: "locf" })).toEqual([10, 10, 10, 30, 30]);
  expect(fillWith({ method: "linear" }).map((one) => (one === null ? null : Number(one)))).toEqual([
    10,
    15,
    25,
    30,
    null,
  ]);
  expect(fillWith({ value: 7 })).toEqual([10, 7, 7, 30, 7]);
});

test("$fill keeps to its partition", () => {
  const rows = [
    { _id: 0, p: { q: 1 }, v: 5 },
    { _id: 1, p: { q: 2 } },
    { _id: 2, p: { q: 1 } },
  ];
  const spec = { partitionByFields: ["p.q"], sortBy: { _id: 1 }, output: { v: { method: "locf" } } };
  expectSame(run([{ $fill: spec }, { $project: { v: 1 } }], rows), [
    { _id: 0, v: 5 },
    { _id: 2, v: 5 },
    { _id: 1, v: null },
  ]);
});

test("$redact descends, prunes and keeps", () => {
  const doc = {
    _id: 1,
    tags: ["G", "STLW"],
    parts: [
      { tags: ["SI", "G"], text: "a" },
      { tags: ["STLW"], text: "b" },
      { tags: ["TK"], inner: { tags: ["G"], text: "c" } },
    ],
  };
  const condition = { $gt: [{ $size: { $setIntersection: ["$tags", ["STLW", "G"]] } }, 0] };
  expectSame(run([{ $redact: docOf({ $cond: [condition, "$$DESCEND", "$$PRUNE"] }) }], [doc]), [
    {
      _id: 1,
      tags: ["G", "STLW"],
      parts: [
        { tags: ["SI", "G"], text: "a" },
        { tags: ["STLW"], text: "b" },
      ],
    },
  ]);
  expectSame(run([{ $redact: "$$KEEP" }], [doc]), [doc]);
  expect(run([{ $redact: { $cond: [{ $eq: ["$$ROOT._id", 1] }, "$$PRUNE", "$$KEEP"] } }], [doc])).toEqual([]);
});

const refused: [string, object, number][] = [
  ["an unknown window function", { $setWindowFields: { output: { x: { $nothing: 1 } } } }, 9],
  ["a rank without an order", { $setWindowFields: { output: { x: { $rank: {} } } } }, 5371602],
  ["a rank with a window", { $setWindowFields: { sortBy: { a: 1 }, output: { x: { $rank: {}, window: {} } } } }, 9],
  [
    "a window of documents without an order",
    { $setWindowFields: { output: { x: { $sum: 1, window: { documents: [0, 1] } } } } },
    5339901,
  ],
  [
    "a window of values without an ascending order",
    { $setWindowFields: { sortBy: { at: -1 }, output: { x: { $sum: 1, window: { range: [0, 1] } } } } },
    5339902,
  ],
  [
    "a window of values around text",
    { $setWindowFields: { sortBy: { state: 1 }, output: { x: { $sum: 1, window: { range: [0, 1] } } } } },
    5429414,
  ],
  ["a negative depth", graph({ maxDepth: -1 }), 40101],
  ["no buckets", { $bucketAuto: { groupBy: "$at", buckets: 0 } }, 40243],
  ["a step of zero", { $densify: { field: "at", range: { step: 0, bounds: "full" } } }, 5733401],
  ["a series of text", { $densify: { field: "state", range: { step: 1, bounds: "full" } } }, 5733201],
  ["an unknown method to fill by", { $fill: { output: { x: { method: "guess" } } } }, 6050202],
  ["another answer than the three", { $redact: 1 }, 17053],
];

test.each(refused)("refuses %s", (_, stage, code) => {
  expect(() => run([stage])).toThrow(expect.objectContaining({ code }));
});
