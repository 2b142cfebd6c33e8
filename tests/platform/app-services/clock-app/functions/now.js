exports = async function () {
  return { constructed: new Date().toISOString(), called: new Date(Date.now()).toISOString() };
};
