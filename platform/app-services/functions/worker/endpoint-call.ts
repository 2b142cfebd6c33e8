import { Binary } from "mongodb";
import type { CallInput, EndpointReply } from "../protocol";
import type { Handler } from "./function-cache";
import { encodeJson, encodeValue } from "./values";

type EndpointInput = Extract<CallInput, { readonly kind: "endpoint" }>;

/** Runs an endpoint's function with its request and response objects. */
export async function runEndpoint(handler: Handler, input: EndpointInput): Promise<EndpointReply> {
  const headers = new Map<string, { readonly name: string; readonly values: string[] }>();
  let status: number | null = null;
  let body: string | Binary | null = null;
  const response = {
    setStatusCode(code: number): void {
      if (!Number.isInteger(code) || code < 200 || code > 599) {
        throw new Error(`setStatusCode was given ${String(code)}, expected a whole number from 200 to 599`);
      }
      status = code;
    },
    setBody(content: unknown): void {
      if (typeof content !== "string" && !(content instanceof Binary)) {
        throw new Error(`setBody was given a value of type ${typeof content}, expected a string or BSON.Binary`);
      }
      body = content;
    },
    setHeader(name: string, value: unknown): void {
      headers.set(name.toLowerCase(), { name, values: [String(value)] });
    },
    addHeader(name: string, value: unknown): void {
      const known = headers.get(name.toLowerCase());
      if (known === undefined) headers.set(name.toLowerCase(), { name, values: [String(value)] });
      else known.values.push(String(value));
    },
  };
  const request = { query: { ...input.query }, headers: copyHeaders(input.headers), body: toBody(input.body) };
  const result = await handler(request, response);
  if (!input.respondResult) return { status: 204, headers: [], body: null };
  const content = chosenBody(body, result, status, input.format);
  if (content.contentType !== null && !headers.has("content-type"))
    response.setHeader("Content-Type", content.contentType);
  return {
    status: status ?? 200,
    headers: [...headers.values()].flatMap(({ name, values }) => values.map((value) => [name, value] as const)),
    body: content.bytes,
  };
}

function chosenBody(
  body: string | Binary | null,
  result: unknown,
  status: number | null,
  format: "JSON" | "EJSON",
): { readonly bytes: Uint8Array | string | null; readonly contentType: string | null } {
  if (body !== null) {
    return {
      bytes: typeof body === "string" ? body : Uint8Array.from(body.value()),
      contentType: typeof body === "string" ? "text/plain; charset=utf-8" : "application/octet-stream",
    };
  }
  // A function that only set a status and returned nothing meant an empty body.
  if (result === undefined && status !== null) return { bytes: null, contentType: null };
  return { bytes: format === "EJSON" ? encodeValue(result) : encodeJson(result), contentType: "application/json" };
}

function toBody(bytes: Uint8Array | null): Binary | undefined {
  return bytes === null ? undefined : new Binary(bytes);
}

function copyHeaders(headers: EndpointInput["headers"]): Record<string, string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [...values]]));
}
