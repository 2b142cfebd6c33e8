// Runs [method, ...arguments] steps on the orders collection and answers each result; cursors are read to the end.
exports = async function (steps) {
  const orders = context.services.get("mongodb-atlas").db("shop").collection("orders");
  const results = [];
  for (const [method, ...args] of steps) {
    const result = orders[method](...args);
    results.push(typeof result.toArray === "function" ? await result.toArray() : await result);
  }
  return results;
};
