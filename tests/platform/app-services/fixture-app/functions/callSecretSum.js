exports = async function (a, b) {
  return context.functions.execute("secretSum", a, b);
};
