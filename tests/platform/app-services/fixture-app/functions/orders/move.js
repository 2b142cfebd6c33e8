exports = async function (from, to, amount, failBeforeCommit) {
  const client = context.services.get("mongodb-atlas");
  const orders = client.db("shop").collection("orders");
  const session = client.startSession();
  try {
    return await session.withTransaction(
      async () => {
        const source = await orders.findOneAndUpdate(
          { _id: from, stock: { $gte: amount } },
          { $inc: { stock: -amount } },
          { returnNewDocument: true, session },
        );
        if (source === null) throw new Error("not enough stock");
        await orders.updateOne({ _id: to }, { $inc: { stock: amount } }, { session, upsert: true });
        await orders.insertOne({ _id: `${from}-${to}`, kind: "move", amount }, { session });
        if (failBeforeCommit) throw new Error("changed my mind");
        return {
          left: source.stock,
          seen: (await orders.findOne({ _id: to }, { _id: 0, stock: 1 }, { session })).stock,
        };
      },
      { readConcern: { level: "snapshot" }, writeConcern: { w: "majority" } },
    );
  } finally {
    await session.endSession();
  }
};
