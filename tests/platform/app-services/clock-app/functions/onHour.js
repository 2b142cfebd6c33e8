exports = async function () {
  const ticks = context.services.get("mongodb-atlas").db("clock").collection("ticks");
  await ticks.insertOne({ by: "onHour", at: new Date().toISOString() });
};
