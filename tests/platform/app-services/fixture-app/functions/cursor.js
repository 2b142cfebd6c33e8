exports = async function (how) {
  const orders = context.services.get("mongodb-atlas").db("shop").collection("orders");
  if (how !== "walk") return orders.find({});
  await orders.insertMany([1, 2, 3, 4].map((_id) => ({ _id })));
  const page = await orders.find({}).sort({ _id: -1 }).skip(1).limit(2).toArray();
  const walked = [];
  const cursor = orders.find({}).sort({ _id: 1 });
  let document = await cursor.next();
  while (document !== undefined) {
    walked.push(document._id);
    document = await cursor.next();
  }
  return { page: page.map(({ _id }) => _id), walked, end: typeof document };
};
