import { BSON } from "mongodb";
import { badRequest } from "../app-services-error";

export type BodyObject = Readonly<Record<string, unknown>>;

/** Parses a body that must be a JSON object; realm-web sends extended JSON, so plain values are what strings and flags need. */
export function parseBodyObject(body: unknown): BodyObject {
  const text = Buffer.isBuffer(body) ? body.toString("utf8") : "";
  let parsed: unknown;
  try {
    parsed = JSON.parse(text === "" ? "{}" : text);
  } catch (error) {
    throw badRequest(`the body cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw badRequest("the body must be a JSON object");
  return { ...parsed };
}

/** Reads the device id of a log-in body; null when the device has none yet. */
export function parseDeviceId(body: BodyObject): string | null {
  const options = body["options"];
  if (typeof options !== "object" || options === null) return null;
  const decoded: unknown = decode(options);
  const device: unknown = Reflect.get(Object(decoded), "device");
  const deviceId: unknown = typeof device === "object" && device !== null ? Reflect.get(device, "deviceId") : undefined;
  const hex = deviceId instanceof BSON.ObjectId ? deviceId.toHexString() : deviceId;
  // Anything else than 24 hex digits would make every later log-in of that client throw; all zeros mean none.
  return typeof hex === "string" && /^[0-9a-f]{24}$/.test(hex) && !/^0+$/.test(hex) ? hex : null;
}

function decode(value: object): unknown {
  try {
    return BSON.EJSON.deserialize({ ...value });
  } catch {
    return {};
  }
}
