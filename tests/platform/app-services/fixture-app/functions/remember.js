let calls = 0;
exports = async function () {
  calls += 1;
  return { own: calls, warm: require("greeter").count() };
};
