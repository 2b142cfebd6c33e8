exports = async function (event) {
  const db = context.services.get("mongodb-atlas").db("shop");
  const log = db.collection("changeLog");
  const options = { upsert: true, returnNewDocument: true };
  const { turn } = await db.collection("turns").findOneAndUpdate({ _id: "changeLog" }, { $inc: { turn: 1 } }, options);
  await log.insertOne({
    turn,
    trigger: "onOrder",
    id: event.documentKey._id,
    operation: event.operationType,
    n: event.fullDocument ? event.fullDocument.n : null,
    asSystem: context.runningAsSystem(),
    userType: context.user.type,
  });
  if (event.fullDocument && event.fullDocument.poison) throw new Error("cannot digest this order");
};
