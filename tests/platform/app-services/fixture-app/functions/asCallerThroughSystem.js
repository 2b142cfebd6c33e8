exports = async function () {
  return {
    user: context.user.type,
    result: await context.functions.execute("orders/run", [["count", {}]]),
    asSystem: context.runningAsSystem(),
  };
};
