exports = async function () {
  const crypto = require("crypto");
  let refused = "";
  try {
    require("child_process").execSync("true");
  } catch (error) {
    refused = error.message;
  }
  return {
    env: Object.keys(process.env).length,
    globalEnv: Object.keys(globalThis.process.env).length,
    realEnv: Object.keys(Function("return process")().env).length,
    refused,
    sameHash: utils.crypto.hash("sha256", "x").toHex() === crypto.createHash("sha256").update("x").digest("hex"),
    hmac: utils.crypto.hmac("body", "key", "sha256", "hex"),
    binary: BSON.Binary.fromText("abc").toBase64(),
    canonical: EJSON.stringify({ n: 1 }),
    greeting: require("greeter").greet("Ada"),
    dateOk: new Date() instanceof Date && new Date(0).toISOString() === "1970-01-01T00:00:00.000Z" && Date.now() > 0,
  };
};
