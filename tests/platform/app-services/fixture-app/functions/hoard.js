exports = function () {
  const kept = [];
  for (;;) kept.push(Array.from({ length: 10000 }, () => kept.length));
};
