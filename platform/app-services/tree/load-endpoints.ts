import type { EndpointDefinition, EndpointMethod, EndpointValidation, FunctionDefinition } from "./app-tree";
import { resolveSecret } from "./load-values";
import type { TreeFiles } from "./tree-files";
import { describe, flagField, stringField, type FieldRules, type JsonObject, type TreeReport } from "./tree-report";

const FOLDERS = ["http_endpoints", "https_endpoints"] as const;
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "*"] as const;

const ENDPOINT_RULES: FieldRules = {
  id: { type: "string" },
  _id: { type: "string" },
  route: { type: "string", required: true },
  http_method: { type: "string", required: true, oneOf: METHODS },
  function_name: { type: "string", required: true },
  function_id: { type: "string" },
  validation_method: {
    type: "string",
    required: true,
    oneOf: ["NO_VALIDATION", "SECRET_AS_QUERY_PARAM", "VERIFY_PAYLOAD"],
  },
  secret_name: { type: "string" },
  secret_id: { type: "string" },
  respond_result: { type: "boolean" },
  return_type: { type: "string", oneOf: ["JSON", "EJSON"] },
  fetch_custom_user_data: { type: "boolean" },
  create_user_on_auth: { type: "boolean" },
  disabled: { type: "boolean" },
};

export interface LoadEndpointsInput {
  readonly files: TreeFiles;
  readonly report: TreeReport;
  readonly functions: ReadonlyMap<string, FunctionDefinition>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Reads `http_endpoints/config.json` or `https_endpoints/config.json`; the Data API is gone and must stay off. */
export function loadEndpoints(input: LoadEndpointsInput): readonly EndpointDefinition[] {
  const { files, report } = input;
  const present = FOLDERS.filter((folder) => files.has(`${folder}/config.json`));
  if (present.length === 2) {
    report.add("https_endpoints/config.json", "exists beside http_endpoints/config.json, expected one of the two");
  }
  for (const folder of FOLDERS) {
    const file = `${folder}/data_api_config.json`;
    const content = files.readJson(file);
    if (
      content !== undefined &&
      (typeof content !== "object" || content === null || !("disabled" in content) || content.disabled !== true)
    ) {
      report.add(file, 'turns the Data API on, expected {"disabled": true}: this runtime does not serve it');
    }
  }
  const [folder] = present;
  if (folder === undefined) return [];
  const file = `${folder}/config.json`;
  const content = files.readJson(file) ?? [];
  if (!Array.isArray(content)) {
    report.add(file, `is ${describe(content)}, expected an array`);
    return [];
  }
  const endpoints: EndpointDefinition[] = [];
  content.forEach((entry: unknown, index) => {
    if (!report.checkObject(file, `[${index}]`, entry, ENDPOINT_RULES)) return;
    const endpoint = readEndpoint(file, index, entry, input);
    if (endpoints.some((other) => other.route === endpoint.route && other.method === endpoint.method)) {
      report.add(file, `[${index}] is ${endpoint.method} ${endpoint.route}, which an earlier entry has already`);
    }
    endpoints.push(endpoint);
  });
  return endpoints;
}

function readEndpoint(file: string, index: number, entry: JsonObject, input: LoadEndpointsInput): EndpointDefinition {
  const { report, functions } = input;
  const route = stringField(entry, "route");
  if (!route.startsWith("/"))
    report.add(file, `[${index}].route is ${describe(route)}, expected a path that begins with /`);
  const functionName = stringField(entry, "function_name");
  if (!functions.has(functionName)) {
    report.add(
      file,
      `[${index}].function_name is ${describe(functionName)}, expected the name of a function of this tree`,
    );
  }
  return {
    route,
    method: METHODS.find((known): known is EndpointMethod => known === entry["http_method"]) ?? "GET",
    functionName,
    validation: readValidation(file, index, entry, input),
    respondResult: flagField(entry, "respond_result"),
    returnType: entry["return_type"] === "EJSON" ? "EJSON" : "JSON",
    fetchCustomUserData: flagField(entry, "fetch_custom_user_data"),
    disabled: flagField(entry, "disabled"),
  };
}

function readValidation(file: string, index: number, entry: JsonObject, input: LoadEndpointsInput): EndpointValidation {
  const method = entry["validation_method"];
  if (method !== "SECRET_AS_QUERY_PARAM" && method !== "VERIFY_PAYLOAD") return { kind: "none" };
  const secret = resolveSecret({
    file,
    field: `[${index}].secret_name`,
    given: entry["secret_name"],
    secrets: input.secrets,
    report: input.report,
  });
  return { kind: method === "VERIFY_PAYLOAD" ? "verifyPayload" : "secretAsQueryParam", secret };
}
