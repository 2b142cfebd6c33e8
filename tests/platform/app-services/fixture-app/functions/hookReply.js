exports = async function ({ query }, response) {
  switch (query.how) {
    case "status":
      response.setStatusCode(418);
      response.addHeader("X-Many", "one");
      response.addHeader("X-Many", "two");
      response.setBody("short and stout");
      return { ignored: true };
    case "binary":
      response.setBody(BSON.Binary.fromHex("00ff10"));
      return;
    case "throw":
      throw new Error("hook went wrong");
    default:
      return { n: 5, at: new Date(0), id: new BSON.ObjectId("65f0c0ffee0000000000beef") };
  }
};
