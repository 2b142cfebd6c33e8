exports = async function (how) {
  console.log("about to fail with", context.values.get("apiSecret"));
  if (how === "text") throw "plain text";
  if (how === "duplicate") {
    const orders = context.services.get("mongodb-atlas").db("shop").collection("orders");
    await orders.insertOne({ _id: "twice" });
    try {
      await orders.insertOne({ _id: "twice" });
    } catch (error) {
      return {
        code: error.code,
        isError: error instanceof Error,
        hasLabels: typeof error.hasErrorLabel === "function",
        name: error.name,
      };
    }
  }
  throw new Error("the shop is closed");
};
