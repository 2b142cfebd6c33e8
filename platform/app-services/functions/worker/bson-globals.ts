import { Binary, BSON } from "mongodb";

/** A hex or base64 text with the padding that App Services demands. */
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const binaryMethods = {
  text(this: Binary): string {
    return Buffer.from(this.value()).toString("utf8");
  },
  toHex(this: Binary): string {
    return Buffer.from(this.value()).toString("hex");
  },
  toBase64(this: Binary): string {
    return Buffer.from(this.value()).toString("base64");
  },
};

const binaryStatics = {
  fromText: (text: string): Binary => new Binary(Buffer.from(text, "utf8")),
  fromHex: (hex: string, subType?: number): Binary => new Binary(Buffer.from(hex, "hex"), subType),
  fromBase64(base64: string, subType?: number): Binary {
    if (!BASE64.test(base64)) throw new Error("illegal base64 data, expected padded base64 text");
    return new Binary(Buffer.from(base64, "base64"), subType);
  },
};

let isInstalled = false;

/**
 * Answers the `BSON` and `EJSON` globals of functions, in the dialect of App Services.
 *
 * Holds: the Binary methods go onto the driver's own class, so that binaries read from the database have them too. Only ever done inside
 * a function worker.
 */
export function createBsonGlobals(): { readonly BSON: object; readonly EJSON: object } {
  if (!isInstalled) {
    for (const [name, method] of Object.entries(binaryMethods)) {
      Object.defineProperty(Binary.prototype, name, { value: method, configurable: true, writable: true });
    }
    for (const [name, method] of Object.entries(binaryStatics)) {
      Object.defineProperty(Binary, name, { value: method, configurable: true, writable: true });
    }
    isInstalled = true;
  }
  const { EJSON } = BSON;
  return {
    BSON: { ...BSON, ObjectID: BSON.ObjectId },
    EJSON: {
      ...EJSON,
      // App Services' stringify is canonical; the driver's is relaxed unless told.
      stringify: (value: unknown, options?: object) => EJSON.stringify(value, { relaxed: false, ...options }),
      parse: (text: string, options?: object) => EJSON.parse(text, options),
    },
  };
}
