exports = async function (event) {
  await context.services
    .get("mongodb-atlas")
    .db("shop")
    .collection("changeLog")
    .insertOne({ trigger: "onPart", id: event.documentKey._id });
};
