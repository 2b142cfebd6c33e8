exports = async function (event) {
  const log = context.services.get("mongodb-atlas").db("shop").collection("changeLog");
  await log.insertOne({
    trigger: "onOrder",
    id: event.documentKey._id,
    operation: event.operationType,
    n: event.fullDocument ? event.fullDocument.n : null,
    asSystem: context.runningAsSystem(),
    userType: context.user.type,
  });
  if (event.fullDocument && event.fullDocument.poison) throw new Error("cannot digest this order");
};
