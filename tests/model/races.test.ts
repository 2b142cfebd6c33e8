import { startMongodb } from "../../platform/mongodb";
import { prepareSchema, proveRaces, runtimeVariables } from "../../scripts/prove/races";
import { readSettings } from "../../scripts/start/settings";
import { type Product, startProduct } from "../../scripts/start/start-product";

const CALLS = 150;
const products: Product[] = [];
let database: Awaited<ReturnType<typeof startMongodb>>;

beforeAll(async () => {
  database = await startMongodb({ dataDir: ":memory:" });
  await prepareSchema(database.uri);
  const settings = readSettings(runtimeVariables(database.uri));
  for (let index = 0; index < 3; index += 1) products.push(await startProduct(settings, () => undefined));
}, 60_000);
afterAll(async () => {
  for (const product of products) await product.close();
  await database.close();
});

describe(`${CALLS} parallel calls through three runtimes on one database (1000 from three processes in \`npm run prove -- races\`)`, () => {
  it("spend, hold and move every unit once, tell everybody else the truth, and answer alike when repeated", async () => {
    const results = await proveRaces(products, { calls: CALLS, report: () => undefined });
    expect(results.flatMap(({ name, wrong }) => wrong.map((line) => `${name}: ${line}`))).toEqual([]);
    const [spends, holds, transfers] = results;
    expect(spends?.codes).toEqual({ ok: CALLS / 2, insufficient_tokens: CALLS / 2 });
    expect(holds?.codes).toMatchObject({ ok: CALLS / 2, end_ok: CALLS / 2, end_hold_not_open: CALLS / 2 });
    expect(transfers?.codes["ok"]).toBeGreaterThan(0);
  }, 60_000);
});
