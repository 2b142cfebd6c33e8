import { runPipeline } from "../../../../platform/mongodb/aggregate/run-pipeline";
import { type Doc, docOf, plainOf } from "../../../../platform/mongodb/bson/values";
import { compileUpdate } from "../../../../platform/mongodb/update/compile-update";
import { compileFilter } from "../../../../platform/mongodb/match/compile-filter";
import { compileProjection } from "../../../../platform/mongodb/match/projection";

/** By this collation "a" and "A" are equal (manual, "Collation": strength 2 leaves case out). */
const collation = docOf({ locale: "en", strength: 2 });
const input = [
  { _id: 0, k: "a", v: "x", list: ["b", "B", "c"] },
  { _id: 1, k: "A", v: "X", list: [] },
  { _id: 2, k: "b", v: "Y", list: ["B"] },
];

function run(pipeline: object[], given: Doc | undefined = collation): unknown[] {
  const context = {
    collection: () => [docOf({ _id: "f", k: "A", next: "B" }), docOf({ _id: "g", k: "b" })],
    now: new Date(0),
    ...(given === undefined ? {} : { collation: given }),
  };
  return [...runPipeline(pipeline.map(docOf), input.map(docOf), context)].map(plainOf);
}

const project = (expression: unknown): object[] => [{ $project: { _id: 0, out: expression } }];
const outs = (...values: unknown[]): object[] => values.map((out) => ({ out }));

const rows: [string, object[], unknown[]][] = [
  [
    "$group by one key",
    [{ $group: { _id: "$k", n: { $sum: 1 } } }],
    [
      { _id: "a", n: 2 },
      { _id: "b", n: 1 },
    ],
  ],
  [
    "$sortByCount",
    [{ $sortByCount: "$k" }],
    [
      { _id: "a", count: 2 },
      { _id: "b", count: 1 },
    ],
  ],
  [
    "$addToSet, $min and $max in a group",
    [{ $group: { _id: null, set: { $addToSet: "$v" }, min: { $min: "$k" }, max: { $max: "$v" } } }],
    [{ _id: null, set: ["x", "Y"], min: "a", max: "Y" }],
  ],
  [
    "$bucket",
    [{ $bucket: { groupBy: "$k", boundaries: ["A", "B", "C"] } }],
    [
      { _id: "A", count: 2 },
      { _id: "B", count: 1 },
    ],
  ],
  [
    "$bucketAuto",
    [{ $bucketAuto: { groupBy: "$k", buckets: 2 } }],
    [
      { _id: { min: "a", max: "b" }, count: 2 },
      { _id: { min: "b", max: "b" }, count: 1 },
    ],
  ],
  ["$eq", project({ $eq: ["$k", "A"] }), outs(true, true, false)],
  ["$gt", project({ $gt: ["$v", "X"] }), outs(false, false, true)],
  ["$cmp inside $map", project({ $map: { input: ["$k"], in: { $cmp: ["$$this", "A"] } } }), outs([0], [0], [1])],
  ["$in", project({ $in: ["B", "$list"] }), outs(true, false, true)],
  ["$indexOfArray", project({ $indexOfArray: ["$list", "C"] }), outs(2, -1, -1)],
  ["$setUnion", project({ $setUnion: ["$list", ["C"]] }), outs(["b", "c"], ["C"], ["B", "C"])],
  ["$setIntersection", project({ $setIntersection: ["$list", ["B"]] }), outs(["b"], [], ["B"])],
  ["$setDifference", project({ $setDifference: ["$list", ["B"]] }), outs(["c"], [], [])],
  ["$setEquals", project({ $setEquals: ["$list", ["b"]] }), outs(false, false, true)],
  ["$setIsSubset", project({ $setIsSubset: ["$list", ["b", "c"]] }), outs(true, true, true)],
  [
    "$sortArray",
    project({ $sortArray: { input: ["b", "C", "A"], sortBy: 1 } }),
    outs(...input.map(() => ["A", "b", "C"])),
  ],
  ["$max of a list", project({ $max: ["$k", "B"] }), outs("B", "B", "b")],
  ["$expr", [{ $match: { $expr: { $eq: ["$k", "A"] } } }, { $project: { _id: 1 } }], [{ _id: 0 }, { _id: 1 }]],
  [
    "$lookup",
    [{ $lookup: { from: "f", localField: "k", foreignField: "k", as: "found" } }, ...project("$found._id")],
    outs(["f"], ["f"], ["g"]),
  ],
  [
    "$graphLookup",
    [
      { $graphLookup: { from: "f", startWith: "$k", connectFromField: "next", connectToField: "k", as: "found" } },
      ...project("$found._id"),
    ],
    outs(["f", "g"], ["f", "g"], ["g"]),
  ],
  [
    "$setWindowFields",
    [
      { $setWindowFields: { partitionBy: "$k", sortBy: { _id: 1 }, output: { out: { $documentNumber: {} } } } },
      ...project("$out"),
    ],
    outs(1n, 2n, 1n),
  ],
];

test.each(rows)("a collation counts in %s", (_, pipeline, expected) => {
  expect(run(pipeline)).toEqual(expected);
});

test("without a collation the case of letters counts", () => {
  expect(run([{ $sortByCount: "$k" }], new Map())).toHaveLength(3);
  expect(run(project({ $eq: ["$k", "A"] }), new Map())).toEqual(outs(false, true, false));
});

test("a collation counts in the projection of a find", () => {
  const projection = compileProjection(docOf({ same: { $eq: ["$k", "A"] } }), compileFilter(new Map(), { collation }));
  expect(plainOf(projection(docOf({ _id: 1, k: "a" })))).toEqual({ _id: 1, same: true });
});

test("a collation counts in pipeline updates and array filters", () => {
  const options = { now: new Date(0), collation };
  const pipeline = compileUpdate([docOf({ $set: { same: { $eq: ["$k", "A"] } } })], options);
  expect(plainOf(pipeline.apply(docOf({ _id: 1, k: "a" })))).toEqual({ _id: 1, k: "a", same: true });
  const filtered = compileUpdate(docOf({ $set: { "l.$[e]": "z" } }), { ...options, arrayFilters: [docOf({ e: "A" })] });
  expect(plainOf(filtered.apply(docOf({ _id: 1, l: ["a", "b"] })))).toEqual({ _id: 1, l: ["z", "b"] });
});

const updates: [string, object, object, object][] = [
  ["$pull", { $pull: { x: "a" } }, { x: ["A", "b"] }, { x: ["b"] }],
  ["$pull with a condition", { $pull: { x: { $in: ["a"] } } }, { x: ["A", "b"] }, { x: ["b"] }],
  ["$pullAll", { $pullAll: { x: ["a", "B"] } }, { x: ["A", "b", "c"] }, { x: ["c"] }],
  ["$addToSet", { $addToSet: { x: "a" } }, { x: ["A"] }, { x: ["A"] }],
  ["$min", { $min: { x: "A" } }, { x: "a" }, { x: "a" }],
  ["$max", { $max: { x: "B" } }, { x: "a" }, { x: "B" }],
  ["$push with $sort", { $push: { x: { $each: ["B"], $sort: 1 } } }, { x: ["a", "c"] }, { x: ["a", "B", "c"] }],
];

test.each(updates)("a collation counts in %s", (_, update, before, after) => {
  const compiled = compileUpdate(docOf(update), { now: new Date(0), collation });
  expect(plainOf(compiled.apply(docOf({ _id: 1, ...before })))).toEqual({ _id: 1, ...after });
});
