exports = async function () {
  const date = new Date();
  return {
    date,
    number: Date.now(),
    module: require("greeter").now(),
    given: new Date(0),
    isDate: date instanceof Date && BSON.EJSON.parse('{"$date":{"$numberLong":"0"}}') instanceof Date,
  };
};
