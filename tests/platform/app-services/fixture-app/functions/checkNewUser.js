exports = async function (user) {
  if (user.data.email === "unwanted@example.test") throw new Error("not welcome");
};
