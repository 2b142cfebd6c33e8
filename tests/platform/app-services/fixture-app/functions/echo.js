exports = function (...values) {
  return values.length === 1 ? values[0] : values;
};
