exports = async function () {
  setTimeout(() => {
    throw new Error("out of the blue");
  }, 0);
  await new Promise(() => {});
};
