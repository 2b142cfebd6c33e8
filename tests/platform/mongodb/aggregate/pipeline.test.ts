import { runPipeline } from "../../../../platform/mongodb/aggregate/run-pipeline";
import { isIdentical } from "../../../../platform/mongodb/bson/identical";
import { Decimal128, type Doc, docOf, fromDouble, plainOf } from "../../../../platform/mongodb/bson/values";

const collections: Record<string, object[]> = {
  orders: [
    { _id: 1, item: "a", qty: 2, tags: ["x", "y"] },
    { _id: 2, item: "b", qty: 5n, tags: [] },
    { _id: 3, item: "a", qty: 1.5 },
  ],
  items: [
    { _id: "a", price: 10 },
    { _id: "b", price: 20 },
    { _id: "c", price: 30, of: ["a", "b"] },
  ],
};

function run(pipeline: object[], input = collections["orders"] ?? [], variables = {}): Doc[] {
  const context = {
    collection: (name: string) => (collections[name] ?? []).map(docOf),
    now: new Date(0),
    variables: docOf(variables),
  };
  return [...runPipeline(pipeline.map(docOf), input.map(docOf), context)];
}

type Row = [pipeline: object[], expected: object[]];

const rows: Row[] = [
  [
    [{ $match: { qty: { $gte: 2 } } }, { $project: { item: 1, _id: 0 } }],
    [{ item: "a" }, { item: "b" }],
  ],
  [[{ $sort: { qty: -1 } }, { $limit: 1 }, { $project: { qty: 1 } }], [{ _id: 2, qty: 5n }]],
  [[{ $skip: 2 }, { $unset: ["item", "qty"] }], [{ _id: 3 }]],
  [[{ $match: { $expr: { $eq: ["$item", "$$wanted"] } } }, { $count: "n" }], [{ n: 2 }]],
  [[{ $match: { item: "z" } }, { $count: "n" }], []],
  [
    [
      {
        $group: {
          _id: "$item",
          total: { $sum: "$qty" },
          n: { $count: {} },
          first: { $first: "$_id" },
          ids: { $push: "$_id" },
        },
      },
      { $sort: { _id: 1 } },
    ],
    [
      { _id: "a", total: 3.5, n: 2, first: 1, ids: [1, 3] },
      { _id: "b", total: 5n, n: 1, first: 2, ids: [2] },
    ],
  ],
  [
    [{ $group: { _id: null, max: { $max: "$qty" }, min: { $min: "$qty" }, avg: { $avg: "$qty" } } }],
    [{ _id: null, max: 5n, min: 1.5, avg: 8.5 / 3 }],
  ],
  [
    [{ $group: { _id: { $gt: ["$qty", 1.7] }, items: { $addToSet: "$item" } } }, { $sort: { _id: -1 } }],
    [
      { _id: true, items: ["a", "b"] },
      { _id: false, items: ["a"] },
    ],
  ],
  [
    [{ $unwind: "$tags" }, { $project: { tags: 1 } }],
    [
      { _id: 1, tags: "x" },
      { _id: 1, tags: "y" },
    ],
  ],
  [
    [
      { $unwind: { path: "$tags", preserveNullAndEmptyArrays: true, includeArrayIndex: "i" } },
      { $project: { tags: 1, i: 1 } },
    ],
    [
      { _id: 1, tags: "x", i: 0n },
      { _id: 1, tags: "y", i: 1n },
      { _id: 2, i: null },
      { _id: 3, i: null },
    ],
  ],
  [
    [{ $match: { _id: 1 } }, { $addFields: { "n.m": { $multiply: ["$qty", 2] }, item: "z" } }],
    [{ _id: 1, item: "z", qty: 2, tags: ["x", "y"], n: { m: 4 } }],
  ],
  [[{ $limit: 1 }, { $replaceRoot: { newRoot: { is: "$item" } } }], [{ is: "a" }]],
  [
    [{ $limit: 1 }, { $replaceWith: { $mergeObjects: [{ z: 1 }, "$$ROOT"] } }, { $unset: "tags" }],
    [{ z: 1, _id: 1, item: "a", qty: 2 }],
  ],
  [
    [{ $sortByCount: "$item" }],
    [
      { _id: "a", count: 2 },
      { _id: "b", count: 1 },
    ],
  ],
  [
    [
      { $lookup: { from: "items", localField: "item", foreignField: "_id", as: "of" } },
      { $project: { of: 1 } },
      { $limit: 1 },
    ],
    [{ _id: 1, of: [{ _id: "a", price: 10 }] }],
  ],
  [
    [
      { $match: { _id: 2 } },
      {
        $lookup: {
          from: "items",
          localField: "item",
          foreignField: "of",
          pipeline: [{ $project: { price: 1 } }],
          as: "sets",
        },
      },
      { $project: { sets: 1 } },
    ],
    [{ _id: 2, sets: [{ _id: "c", price: 30 }] }],
  ],
  [
    [
      { $match: { _id: 2 } },
      {
        $lookup: {
          from: "items",
          let: { q: "$qty" },
          pipeline: [{ $match: { $expr: { $gt: ["$price", { $multiply: ["$$q", 4] }] } } }],
          as: "x",
        },
      },
      { $project: { "x._id": 1 } },
    ],
    [{ _id: 2, x: [{ _id: "c" }] }],
  ],
  [
    [{ $facet: { n: [{ $count: "c" }], top: [{ $sort: { qty: -1 } }, { $limit: 1 }, { $project: { _id: 1 } }] } }],
    [{ n: [{ c: 3 }], top: [{ _id: 2 }] }],
  ],
  [
    [{ $limit: 1 }, { $project: { _id: 1 } }, { $unionWith: { coll: "items", pipeline: [{ $match: { price: 20 } }] } }],
    [{ _id: 1 }, { _id: "b", price: 20 }],
  ],
  [
    [{ $bucket: { groupBy: "$qty", boundaries: [0, 2, 4n], default: "more", output: { n: { $sum: 1 } } } }],
    [
      { _id: 0, n: 1 },
      { _id: 2, n: 1 },
      { _id: "more", n: 1 },
    ],
  ],
  [[{ $documents: [{ a: 1 }, { a: 2 }] }, { $match: { a: 2 } }], [{ a: 2 }]],
  [[], collections["orders"] ?? []],
];

describe("a pipeline", () => {
  test.each(rows)("%j gives %j", (pipeline, expected) => {
    const actual = run(pipeline, undefined, { wanted: "a" });
    const wanted = expected.map(docOf);
    expect([actual.map(plainOf), isIdentical(actual, wanted)]).toEqual([wanted.map(plainOf), true]);
  });

  test.each<[values: unknown[], sum: unknown, average: unknown]>([
    [[5n, 6n], 11n, 5.5],
    [[5, 6], 11, 5.5],
    [[2147483647, 1], 2147483648n, fromDouble(2 ** 30)],
    [[9007199254740993n, 1], 9007199254740994n, 4503599627370497],
    [[0.1, 0.2, 0.3], 0.6, 0.6 / 3],
    [
      [Decimal128.fromString("0.1"), Decimal128.fromString("0.2")],
      Decimal128.fromString("0.3"),
      Decimal128.fromString("0.15"),
    ],
    [[5, "text", null], 5, fromDouble(5)],
    [[2n ** 63n - 1n, 1n], 2 ** 63, 2 ** 62],
  ])("sums and averages %j exactly", (values, sum, average) => {
    const [doc] = run(
      [{ $group: { _id: null, sum: { $sum: "$v" }, average: { $avg: "$v" } } }],
      values.map((v) => ({ v })),
    );
    expect(doc === undefined ? undefined : plainOf(doc)).toEqual({ _id: null, sum, average });
  });

  test("groups equal numbers of different types together, and a missing key with null", () => {
    const docs = [{ k: 1 }, { k: 1n }, { k: fromDouble(1) }, { k: Decimal128.fromString("1.0") }, {}, { k: null }];
    expect(run([{ $group: { _id: "$k", n: { $sum: 1 } } }], docs).map((doc) => doc.get("n"))).toEqual([4, 2]);
  });

  test("picks by order with $top and its kin", () => {
    const spec = {
      _id: null,
      top: { $top: { sortBy: { qty: -1 }, output: "$_id" } },
      two: { $bottomN: { n: 2, sortBy: { qty: 1 }, output: "$_id" } },
    };
    expect(run([{ $group: spec }]).map(plainOf)).toEqual([{ _id: null, top: 2, two: [1, 2] }]);
  });

  test("draws a sample without repeats", () => {
    const ids = run([{ $sample: { size: 2 } }]).map((doc) => doc.get("_id"));
    expect(new Set(ids).size).toBe(2);
  });

  test("reads no more documents than a limit asks for", () => {
    let read = 0;
    function* endless(): Generator<Doc> {
      for (;;) yield docOf({ n: read++ });
    }
    const result = runPipeline([docOf({ $match: { n: { $gte: 5 } } }), docOf({ $limit: 2 })], endless(), {
      collection: () => [],
      now: new Date(0),
    });
    expect([...result].map((doc) => doc.get("n"))).toEqual([5, 6]);
    expect(read).toBe(7);
  });

  test.each<[object, object]>([
    [
      { $nothing: {} },
      { code: 40324, codeName: "Location40324", message: "Unrecognized pipeline stage name: '$nothing'" },
    ],
    [{ $geoNear: {} }, { code: 238 }],
    [{ $match: {}, $limit: 1 }, { code: 40323 }],
    [{ $limit: 0 }, { code: 15957 }],
    [{ $group: {} }, { code: 15955 }],
    [{ $group: { _id: 1, x: { $nothing: 1 } } }, { code: 15952 }],
    [{ $project: {} }, { code: 51272 }],
    [{ $unwind: "tags" }, { code: 28818 }],
    [{ $replaceWith: "$qty" }, { code: 40228 }],
    [{ $lookup: { from: "items", as: "x", localField: "a" } }, { code: 9 }],
  ])("%j is refused by name", (stage, error) => {
    expect(() => run([stage])).toThrow(expect.objectContaining(error));
  });
});
