exports = async function (ms) {
  console.log("started");
  await new Promise((resolve) => setTimeout(resolve, ms));
  return "finished";
};
