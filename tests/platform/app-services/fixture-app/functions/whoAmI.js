exports = async function () {
  const { id, type, data, custom_data, identities } = context.user;
  return {
    id,
    type,
    data,
    custom_data,
    identities,
    asSystem: context.runningAsSystem(),
    tag: context.environment.tag,
    region: context.environment.values.region,
    greeting: context.values.get("greeting").text,
    hasSecret: typeof context.values.get("apiSecret") === "string",
    unknownValue: context.values.get("nothing"),
    unknownService: context.services.get("nothing"),
    method: context.request.httpMethod,
    seesToken: Object.keys(context.request.requestHeaders).includes("Authorization"),
    app: context.app.clientAppId,
  };
};
