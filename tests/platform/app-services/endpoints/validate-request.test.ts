import { createHmac } from "node:crypto";
import { assertValidRequest } from "../../../../platform/app-services/endpoints/validate-request";

const secret = "hook";
const body = Buffer.from('{"amount": 5}\n');
const sign = (bytes: Uint8Array, key = secret): string =>
  `sha256=${createHmac("sha256", key).update(bytes).digest("hex")}`;

describe("endpoint validation", () => {
  test.each<[string, string | null, boolean]>([
    ["the signature of the exact bytes", sign(body), true],
    ["the same in upper case", sign(body).toUpperCase().replace("SHA256", "sha256"), true],
    ["the signature of other bytes", sign(Buffer.from('{"amount":5}\n')), false],
    ["a signature with another secret", sign(body, "hoop"), false],
    ["a bare digest", sign(body).slice("sha256=".length), false],
    ["no signature", null, false],
  ])("VERIFY_PAYLOAD with %s", (_, signature, isFine) => {
    const check = (): void =>
      assertValidRequest({ kind: "verifyPayload", secret }, { body, signature, secretParam: null });
    if (isFine) expect(check).not.toThrow();
    else expect(check).toThrow("the signature of the request is missing or wrong");
  });

  test("VERIFY_PAYLOAD of an empty body is the signature of nothing", () => {
    const empty = new Uint8Array();
    expect(() =>
      assertValidRequest({ kind: "verifyPayload", secret }, { body: empty, signature: sign(empty), secretParam: null }),
    ).not.toThrow();
  });

  test.each<[string | null, boolean]>([
    ["hook", true],
    ["hooks", false],
    ["", false],
    [null, false],
  ])("SECRET_AS_QUERY_PARAM with %j", (secretParam, isFine) => {
    const check = (): void =>
      assertValidRequest({ kind: "secretAsQueryParam", secret }, { body, signature: null, secretParam });
    if (isFine) expect(check).not.toThrow();
    else expect(check).toThrow("the secret of the request is missing or wrong");
  });
});
