exports = async function (...args) {
  await context.services
    .get("mongodb-atlas")
    .db("shop")
    .collection("ticks")
    .insertOne({ at: new Date(), args: args.length });
};
