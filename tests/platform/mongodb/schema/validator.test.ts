import { compileValidator } from "../../../../platform/mongodb/schema/compile-validator";
import { Decimal128, docOf, fromDouble, plainOf } from "../../../../platform/mongodb/bson/values";

const schema = (keywords: object): object => ({ $jsonSchema: keywords });
const property = (keywords: object): object => schema({ properties: { x: keywords } });

type Row = [validator: object, doc: object, isValid: boolean];

const rows: Row[] = [
  [property({ bsonType: "long" }), { x: 1n }, true],
  [property({ bsonType: "long" }), { x: 1 }, false],
  [property({ bsonType: "long" }), {}, true],
  [property({ bsonType: ["int", "null"] }), { x: null }, true],
  [property({ bsonType: "number" }), { x: Decimal128.fromString("1") }, true],
  [property({ bsonType: "int" }), { x: fromDouble(1) }, false],
  [property({ type: "string" }), { x: "a" }, true],
  [property({ type: "object" }), { x: [] }, false],
  [property({ minimum: 0 }), { x: -1n }, false],
  [property({ minimum: 0 }), { x: 0n }, true],
  [property({ minimum: 0, exclusiveMinimum: true }), { x: 0 }, false],
  [property({ maximum: 9007199254740991n }), { x: 9007199254740992n }, false],
  [property({ maximum: 5, exclusiveMaximum: true }), { x: 5n }, false],
  [property({ minimum: 5 }), { x: "a" }, true],
  [property({ multipleOf: 3 }), { x: 9n }, true],
  [property({ multipleOf: Decimal128.fromString("0.1") }), { x: Decimal128.fromString("0.35") }, false],
  [property({ minLength: 2 }), { x: "😀" }, false],
  [property({ maxLength: 1 }), { x: "😀" }, true],
  [property({ pattern: "^a" }), { x: "ba" }, false],
  [property({ enum: ["a", 1] }), { x: 1n }, true],
  [property({ enum: ["a", 1] }), { x: "b" }, false],
  [property({ items: { bsonType: "int" } }), { x: [1, "a"] }, false],
  [property({ items: { bsonType: "int" } }), { x: [1, 2] }, true],
  [
    property({ items: [{ bsonType: "int" }, { bsonType: "string" }], additionalItems: false }),
    { x: [1, "a", 2] },
    false,
  ],
  [property({ minItems: 1 }), { x: [] }, false],
  [property({ maxItems: 1 }), { x: [1, 2] }, false],
  [property({ uniqueItems: true }), { x: [1, 1n] }, false],
  [property({ uniqueItems: true }), { x: [1, "1"] }, true],
  [schema({ required: ["x", "y"] }), { x: 1 }, false],
  [schema({ required: ["x"] }), { x: null }, true],
  [schema({ properties: { x: {} }, additionalProperties: false }), { x: 1 }, true],
  [schema({ properties: { x: {} }, additionalProperties: false }), { x: 1, y: 1 }, false],
  [schema({ additionalProperties: { bsonType: "int" } }), { x: 1, y: "a" }, false],
  [schema({ patternProperties: { "^n_": { bsonType: "int" } }, additionalProperties: false }), { n_a: 1 }, true],
  [schema({ patternProperties: { "^n_": { bsonType: "int" } } }), { n_a: "a" }, false],
  [schema({ minProperties: 2 }), { x: 1 }, false],
  [schema({ maxProperties: 1 }), { x: 1, y: 1 }, false],
  [schema({ dependencies: { x: ["y"] } }), { x: 1 }, false],
  [schema({ dependencies: { x: ["y"] } }), {}, true],
  [schema({ dependencies: { x: { required: ["z"] } } }), { x: 1 }, false],
  [property({ allOf: [{ minimum: 1 }, { maximum: 3 }] }), { x: 4 }, false],
  [property({ anyOf: [{ bsonType: "int" }, { bsonType: "null" }] }), { x: null }, true],
  [property({ oneOf: [{ minimum: 1 }, { maximum: 3 }] }), { x: 2 }, false],
  [property({ not: { bsonType: "string" } }), { x: "a" }, false],
  [
    schema({ properties: { x: { bsonType: "object", required: ["y"], properties: { y: { bsonType: "date" } } } } }),
    { x: { y: 1 } },
    false,
  ],
  [{ $expr: { $lte: ["$used", "$limit"] } }, { used: 5n, limit: 5 }, true],
  [{ $expr: { $lte: ["$used", "$limit"] } }, { used: 6n, limit: 5 }, false],
  [{ ...schema({ required: ["x"] }), $expr: { $gt: ["$x", 0] } }, { x: 0 }, false],
  [{ ...schema({ required: ["x"] }), y: { $gt: 1 } }, { x: 0, y: 2 }, true],
  [{ x: { $type: "string" } }, { x: 1 }, false],
  [{ $or: [{ x: 1 }, { y: 1 }] }, { z: 1 }, false],
  [{}, { x: 1 }, true],
];

describe("a validator", () => {
  test.each(rows)("%j judges %j as %s", (validator, doc, isValid) => {
    expect(compileValidator(docOf(validator))(docOf(doc)) === undefined).toBe(isValid);
  });

  test("explains a schema as the manual shows it", () => {
    const validate = compileValidator(
      docOf(
        schema({
          title: "Student Object Validation",
          required: ["name", "major"],
          properties: {
            year: { bsonType: "int", minimum: 2017, description: "'year' must be an integer" },
            address: { bsonType: "object", properties: { zip: { bsonType: "string" } } },
          },
          additionalProperties: false,
        }),
      ),
    );
    const details = validate(docOf({ name: "A", year: 2016.5, address: { zip: 1 } }));
    expect(details === undefined ? undefined : plainOf(details)).toEqual({
      operatorName: "$jsonSchema",
      title: "Student Object Validation",
      schemaRulesNotSatisfied: [
        { operatorName: "required", specifiedAs: { required: ["name", "major"] }, missingProperties: ["major"] },
        {
          operatorName: "properties",
          propertiesNotSatisfied: [
            {
              propertyName: "year",
              description: "'year' must be an integer",
              details: [
                {
                  operatorName: "bsonType",
                  specifiedAs: { bsonType: "int" },
                  reason: "type did not match",
                  consideredValue: 2016.5,
                  consideredType: "double",
                },
                {
                  operatorName: "minimum",
                  specifiedAs: { minimum: 2017 },
                  reason: "comparison failed",
                  consideredValue: 2016.5,
                },
              ],
            },
            {
              propertyName: "address",
              details: [
                {
                  operatorName: "properties",
                  propertiesNotSatisfied: [
                    {
                      propertyName: "zip",
                      details: [
                        {
                          operatorName: "bsonType",
                          specifiedAs: { bsonType: "string" },
                          reason: "type did not match",
                          consideredValue: 1,
                          consideredType: "int",
                        },
                      ],
                    },
                  ],
                },
              ],
            },
          ],
        },
        {
          operatorName: "additionalProperties",
          specifiedAs: { additionalProperties: false },
          additionalProperties: ["name"],
        },
      ],
    });
  });

  test("explains the clauses beside a schema by their place", () => {
    const validate = compileValidator(
      docOf({ ...schema({ required: ["x"] }), $expr: { $gt: ["$x", 0] }, y: { $gt: 1 } }),
    );
    const details = validate(docOf({ x: 0, y: 1 }));
    expect(details === undefined ? undefined : plainOf(details)).toEqual({
      operatorName: "$and",
      clausesNotSatisfied: [
        {
          index: 1,
          details: {
            operatorName: "$expr",
            specifiedAs: { $expr: { $gt: ["$x", 0] } },
            reason: "expression did not match",
            expressionResult: false,
          },
        },
        {
          index: 2,
          details: {
            operatorName: "$gt",
            specifiedAs: { y: { $gt: 1 } },
            reason: "comparison failed",
            consideredValue: 1,
          },
        },
      ],
    });
  });

  test.each<[object, object]>([
    [schema({ propertys: {} }), { code: 9, message: "Unknown $jsonSchema keyword: propertys" }],
    [schema({ format: "date" }), { code: 9 }],
    [schema({ required: [] }), { code: 9 }],
    [schema({ required: "x" }), { code: 14 }],
    [schema({ bsonType: "integer" }), { code: 2 }],
    [schema({ type: "integer" }), { code: 9 }],
    [property({ exclusiveMinimum: true }), { code: 9 }],
    [property({ enum: [1, 1n] }), { code: 9 }],
    [schema({ properties: { x: 1 } }), { code: 14 }],
  ])("%j is refused when it is compiled", (validator, error) => {
    expect(() => compileValidator(docOf(validator))).toThrow(expect.objectContaining(error));
  });
});
