import { createHash, createHmac } from "node:crypto";
import { Binary } from "mongodb";

const HASHES = ["sha1", "sha256", "sha512", "md5"] as const;

/** The `utils` global: hashes and HMAC; the other members of App Services answer an error by name. */
export const utilsGlobal = {
  crypto: {
    hmac(input: string | Binary, secret: string, algorithm: string, output: string): string {
      assertOneOf("hash function", algorithm, ["sha1", "sha256", "sha512"]);
      assertOneOf("output format", output, ["hex", "base64"]);
      return createHmac(algorithm, secret)
        .update(toBytes(input))
        .digest(output === "hex" ? "hex" : "base64");
    },
    hash(algorithm: string, input: string | Binary): Binary {
      assertOneOf("hash function", algorithm, HASHES);
      return new Binary(createHash(algorithm).update(toBytes(input)).digest());
    },
    encrypt: unsupported("utils.crypto.encrypt"),
    decrypt: unsupported("utils.crypto.decrypt"),
    sign: unsupported("utils.crypto.sign"),
    verify: unsupported("utils.crypto.verify"),
  },
  jwt: { encode: unsupported("utils.jwt.encode"), decode: unsupported("utils.jwt.decode") },
};

function toBytes(input: string | Binary): Buffer {
  return typeof input === "string" ? Buffer.from(input, "utf8") : Buffer.from(input.value());
}

function assertOneOf(what: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw new Error(`Unknown ${what} ${JSON.stringify(value)}, expected one of ${known.join(", ")}`);
}

function unsupported(name: string): () => never {
  return () => {
    throw new Error(`NotSupported: ${name} is not served by this runtime yet`);
  };
}
