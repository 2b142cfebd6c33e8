exports = async function () {
  const db = context.services.get("mongodb-atlas").db("clock");
  const options = { upsert: true, returnNewDocument: true };
  const { turn } = await db.collection("turns").findOneAndUpdate({ _id: "ticks" }, { $inc: { turn: 1 } }, options);
  await db.collection("ticks").insertOne({ turn, by: "onQuarter", at: new Date().toISOString() });
};
