import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadTree } from "../../../../platform/app-services/tree/load-tree";
import { TreeError } from "../../../../platform/app-services/tree/tree-report";
import { FIXTURE, SECRETS } from "../runtime-under-test";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function copyFixture(): string {
  const dir = mkdtempSync(join(tmpdir(), "tree-"));
  folders.push(dir);
  cpSync(FIXTURE, dir, { recursive: true });
  return dir;
}

/** Loads a copy of the fixture with one thing changed, and answers the problems. */
function problemsOf(file: string, change: (text: string) => string): readonly string[] {
  const dir = copyFixture();
  let text = "";
  try {
    text = readFileSync(join(dir, file), "utf8");
  } catch {
    // A file that the case adds.
  }
  writeFileSync(join(dir, file), change(text));
  try {
    loadTree({ dir, secrets: SECRETS });
    return [];
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    return error.problems.map((problem) => `${problem.file}: ${problem.message}`);
  }
}

const replace = (from: string, to: string) => (source: string) => {
  // The formatter may break lines anywhere, so the cases are written against one line.
  const text = source.replaceAll(/\s+/g, " ");
  if (!text.includes(from)) throw new Error(`the fixture has no ${from}`);
  return text.replace(from, to);
};

describe("a good tree", () => {
  test("is read with values, secrets, functions, endpoints and triggers in place", () => {
    const tree = loadTree({ dir: FIXTURE, secrets: SECRETS });
    expect(tree.appId).toBe("fixture-abcde");
    expect(tree.environment).toEqual({ tag: "testing", values: { region: "north" } });
    expect(tree.values).toEqual({ greeting: { text: "good day" }, apiSecret: SECRETS["api-secret"] });
    expect(tree.functions.get("orders/run")).toMatchObject({ isPrivate: false, runAsSystem: true });
    expect(tree.functions.has("greeter")).toBe(false);
    expect(tree.endpoints.find((endpoint) => endpoint.route === "/signed")?.validation).toEqual({
      kind: "verifyPayload",
      secret: SECRETS["hook-secret"],
    });
    expect(
      tree.triggers.map((trigger) => `${trigger.kind} ${trigger.name} ${trigger.functionName}`).toSorted(),
    ).toEqual([
      "authentication onCREATE onAuth",
      "authentication onDELETE onAuth",
      "authentication onLOGIN onAuth",
      "database onOrder orders/onChange",
      "database onPart orders/onChangeUnordered",
      "scheduled everyMinute onTick",
    ]);
  });

  test("may use the newer dialect: root_config.json, https_endpoints, no config_version", () => {
    const dir = copyFixture();
    cpSync(join(dir, "http_endpoints"), join(dir, "https_endpoints"), { recursive: true });
    rmSync(join(dir, "http_endpoints"), { recursive: true });
    rmSync(join(dir, "realm_config.json"));
    writeFileSync(join(dir, "root_config.json"), JSON.stringify({ name: "newer", environment: "testing" }));
    const tree = loadTree({ dir, secrets: SECRETS });
    expect(tree.appId).toBe("newer");
    expect(tree.endpoints.length).toBeGreaterThan(0);
  });

  test("takes a given app id over its own", () => {
    expect(loadTree({ dir: FIXTURE, appId: "other", secrets: SECRETS }).appId).toBe("other");
  });

  test("resolves environment values inside strings", () => {
    const dir = copyFixture();
    writeFileSync(
      join(dir, "values/greeting.json"),
      JSON.stringify({ name: "greeting", value: "to the %(%%environment.values.region)" }),
    );
    expect(loadTree({ dir, secrets: SECRETS }).values["greeting"]).toBe("to the north");
  });
});

describe("a bad tree is refused with file, value and what was expected", () => {
  test.each<[string, string, (text: string) => string, RegExp]>([
    ["broken JSON", "realm_config.json", () => "{", /realm_config.json: cannot be read as JSON/],
    [
      "a wrong version",
      "realm_config.json",
      replace("20210101", "20180301"),
      /config_version is 20180301, expected 20210101/,
    ],
    [
      "a misspelt root key",
      "realm_config.json",
      replace('"location"', '"lokation"'),
      /lokation is not a known key, did you mean location\?/,
    ],
    [
      "a bad origin",
      "realm_config.json",
      replace("http://localhost:8080", "localhost"),
      /allowed_request_origins has "localhost", expected scheme/,
    ],
    [
      "an unknown environment",
      "realm_config.json",
      replace('"testing"', '"prod"'),
      /environment is "prod", expected one of/,
    ],
    [
      "a provider under another key",
      "auth/providers.json",
      replace('"type": "api-key"', '"type": "anon-user"'),
      /api-key.type is "anon-user", expected "api-key"/,
    ],
    [
      "an unknown provider",
      "auth/providers.json",
      replace('"type": "api-key"', '"type": "magic"'),
      /api-key.type is "magic", expected one of/,
    ],
    [
      "e-mail confirmation",
      "auth/providers.json",
      replace('"autoConfirm": true', '"autoConfirm": false'),
      /autoConfirm is false, expected true/,
    ],
    [
      "a misspelt e-mail setting",
      "auth/providers.json",
      replace('"autoConfirm"', '"autoconfirm"'),
      /autoconfirm is not a known key, did you mean autoConfirm\?/,
    ],
    [
      "custom data of an unknown source",
      "auth/custom_user_data.json",
      replace("mongodb-atlas", "elsewhere"),
      /mongo_service_name is "elsewhere"/,
    ],
    [
      "an unknown secret",
      "values/apiSecret.json",
      replace('"api-secret"', '"no-such-secret"'),
      /names the secret "no-such-secret", which is not given/,
    ],
    [
      "two values of one name",
      "values/apiSecret.json",
      replace('"name": "apiSecret"', '"name": "greeting"'),
      /name is "greeting", which another value has already/,
    ],
    [
      "an unknown template value",
      "values/greeting.json",
      replace("good day", "%(%%environment.values.nope)"),
      /names no text value of the environment, expected one of region/,
    ],
    [
      "a file of no environment",
      "environments/staging.json",
      () => "{}",
      /environments\/staging.json: names no environment/,
    ],
    [
      "a data source without type",
      "data_sources/mongodb-atlas/config.json",
      replace('"type": "mongodb-atlas", ', ""),
      /type is missing, expected one of "mongodb-atlas"/,
    ],
    [
      "rules of another collection",
      "data_sources/mongodb-atlas/shop/orders/rules.json",
      replace('"collection": "orders"', '"collection": "order"'),
      /collection is "order", expected one of "orders"/,
    ],
    [
      "a misspelt role key",
      "data_sources/mongodb-atlas/shop/orders/rules.json",
      replace('"search"', '"seach"'),
      /roles\[0\].seach is not a known key, did you mean search\?/,
    ],
    [
      "a function without source",
      "functions/config.json",
      replace('"fail"', '"missing"'),
      /name is "missing", but functions\/missing.js does not exist/,
    ],
    [
      "a flag that is no flag",
      "functions/config.json",
      replace('"run_as_system": true', '"run_as_system": "yes"'),
      /run_as_system is "yes", expected true or false/,
    ],
    [
      "a rule expression",
      "functions/config.json",
      replace('"private": false', '"can_evaluate": { "%%user.id": "x" }'),
      /can_evaluate is .* expected \{\}: this runtime has no rule expressions yet/,
    ],
    ["a syntax error", "functions/echo.js", () => "\n\nexports = function ( {", /functions\/echo.js: does not compile/],
    [
      "a manifest that is no array",
      "functions/config.json",
      () => "{}",
      /functions\/config.json: is \{\}, expected an array/,
    ],
    [
      "an endpoint of an unknown function",
      "http_endpoints/config.json",
      replace('"hookBytes"', '"hookBites"'),
      /\[0\].function_name is "hookBites", expected the name of a function/,
    ],
    [
      "an endpoint without secret",
      "http_endpoints/config.json",
      replace(', "secret_name": "hook-secret"', ""),
      /\[1\].secret_name is undefined, expected the name of a secret/,
    ],
    [
      "an endpoint with a wrong method",
      "http_endpoints/config.json",
      replace('"POST"', '"SEND"'),
      /\[0\].http_method is "SEND", expected one of "GET"/,
    ],
    [
      "the same endpoint twice",
      "http_endpoints/config.json",
      replace('"/signed"', '"/bytes"'),
      /\[1\] is POST \/bytes, which an earlier entry has already/,
    ],
    ["the Data API", "http_endpoints/data_api_config.json", replace("true", "false"), /turns the Data API on/],
    [
      "a schedule with seconds",
      "triggers/everyMinute.json",
      replace("* * * * *", "* * * * * *"),
      /schedule "\* \* \* \* \* \*" has 6 fields, expected 5/,
    ],
    [
      "a trigger of an unknown function",
      "triggers/onOrder.json",
      replace("orders/onChange", "orders/gone"),
      /function_name\) is "orders\/gone", expected/,
    ],
    [
      "a trigger of an unknown source",
      "triggers/onOrder.json",
      replace('"service_name": "mongodb-atlas"', '"service_name": "x"'),
      /service_name is "x", expected the name of a data source/,
    ],
    [
      "a trigger on a whole database",
      "triggers/onOrder.json",
      replace('"collection": "orders", ', ""),
      /config.collection is missing/,
    ],
    [
      "an unknown operation",
      "triggers/onOrder.json",
      replace('"INSERT"', '"insert"'),
      /operation_types is \["insert","UPDATE"\], expected an array of "INSERT"/,
    ],
    [
      "an unknown auth operation",
      "triggers/onCREATE.json",
      replace('"CREATE", "providers"', '"SIGNUP", "providers"'),
      /operation_type is "SIGNUP", expected one of "CREATE"/,
    ],
    [
      "EventBridge",
      "triggers/onPart.json",
      replace('"FUNCTION"', '"AWS_EVENTBRIDGE"'),
      /event_processors has AWS_EVENTBRIDGE, expected FUNCTION/,
    ],
  ])("%s", (_, file, change, expected) => {
    const problems = problemsOf(file, change);
    expect(problems.join("\n")).toMatch(expected);
  });

  test("names all problems in one error, however many", () => {
    const dir = copyFixture();
    writeFileSync(join(dir, "functions/echo.js"), "exports = (");
    writeFileSync(join(dir, "values/greeting.json"), JSON.stringify({ name: "greeting", valeu: 1 }));
    expect(() => loadTree({ dir, secrets: {} })).toThrow(
      /has \d+ problems:[\s\S]*functions\/echo.js[\s\S]*api-secret[\s\S]*did you mean value\?[\s\S]*hook-secret/,
    );
  });

  test("says so when the folder is no tree", () => {
    expect(() => loadTree({ dir: join(FIXTURE, "values"), secrets: {} })).toThrow(
      /has no root file, expected realm_config.json or root_config.json/,
    );
    expect(() => loadTree({ dir: join(FIXTURE, "nowhere"), secrets: {} })).toThrow(/is no folder/);
  });
});
