exports = async function (event) {
  const { operationType, providers, user, time } = event;
  await context.services
    .get("mongodb-atlas")
    .db("shop")
    .collection("authLog")
    .insertOne({ operationType, providers, user, time });
};
