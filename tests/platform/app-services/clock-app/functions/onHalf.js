exports = async function () {
  throw new Error("never on the half hour");
};
