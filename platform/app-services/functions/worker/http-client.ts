import { BSON, Binary } from "mongodb";

interface HttpOptions {
  readonly url?: string;
  readonly scheme?: string;
  readonly host?: string;
  readonly path?: string;
  readonly query?: Readonly<Record<string, readonly string[]>>;
  readonly fragment?: string;
  readonly username?: string;
  readonly password?: string;
  readonly headers?: Readonly<Record<string, readonly string[]>>;
  readonly body?: unknown;
  readonly encodeBodyAsJSON?: boolean;
  readonly form?: Readonly<Record<string, string>>;
  readonly followRedirects?: boolean;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";

/** The `context.http` client over fetch. Cookies and digest authentication are refused by name. */
export const httpClient = {
  get: (options: HttpOptions) => send("GET", options),
  post: (options: HttpOptions) => send("POST", options),
  put: (options: HttpOptions) => send("PUT", options),
  patch: (options: HttpOptions) => send("PATCH", options),
  delete: (options: HttpOptions) => send("DELETE", options),
  head: (options: HttpOptions) => send("HEAD", options),
};

async function send(method: Method, options: HttpOptions): Promise<Record<string, unknown>> {
  for (const name of ["cookies", "digestAuth", "authUrl"]) {
    if (Object.hasOwn(options, name))
      throw new Error(`NotSupported: context.http option "${name}" is not served by this runtime yet`);
  }
  const headers = new Headers();
  for (const [name, values] of Object.entries(options.headers ?? {})) {
    for (const value of values) headers.append(name, value);
  }
  if (options.username !== undefined) {
    const pair = Buffer.from(`${options.username}:${options.password ?? ""}`).toString("base64");
    headers.set("Authorization", `Basic ${pair}`);
  }
  const body = toBody(options, headers);
  const response = await fetch(toUrl(options), {
    method,
    headers,
    redirect: options.followRedirects === true ? "follow" : "manual",
    ...(body === undefined ? {} : { body }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: `${response.status} ${response.statusText}`,
    statusCode: response.status,
    headers: Object.fromEntries([...response.headers].map(([name, value]) => [canonicalName(name), [value]])),
    cookies: {},
    contentLength: bytes.length,
    body: new Binary(bytes),
  };
}

function toUrl(options: HttpOptions): URL {
  const url = new URL(options.url ?? `${options.scheme ?? "http"}://${options.host ?? ""}${options.path ?? ""}`);
  for (const [name, values] of Object.entries(options.query ?? {})) {
    for (const value of values) url.searchParams.append(name, value);
  }
  if (options.fragment !== undefined) url.hash = options.fragment;
  return url;
}

function toBody(options: HttpOptions, headers: Headers): string | Uint8Array<ArrayBuffer> | undefined {
  if (options.form !== undefined) {
    headers.set("Content-Type", "application/x-www-form-urlencoded");
    return new URLSearchParams(options.form).toString();
  }
  if (options.body === undefined) return undefined;
  if (options.encodeBodyAsJSON === true) {
    if (!headers.has("Content-Type")) headers.set("Content-Type", "application/json");
    return BSON.EJSON.stringify(options.body);
  }
  if (options.body instanceof Binary) return new Uint8Array(options.body.value());
  return String(options.body);
}

/** Writes a header name the way App Services shows it: `content-type` becomes `Content-Type`. */
function canonicalName(name: string): string {
  return name.replaceAll(/(^|-)([a-z])/g, (_, dash: string, letter: string) => `${dash}${letter.toUpperCase()}`);
}
