exports = async function ({ query, headers, body }, response) {
  response.setHeader("Content-Type", "application/json");
  response.setBody(
    JSON.stringify({
      query,
      contentType: headers["Content-Type"],
      custom: headers["X-Custom-Thing"],
      hex: body ? body.toHex() : null,
      text: body ? body.text() : null,
      raw: context.request.rawQueryString,
      user: context.user.type,
    }),
  );
};
