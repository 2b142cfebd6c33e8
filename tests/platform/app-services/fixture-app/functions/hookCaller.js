exports = async function () {
  return { type: context.user.type, id: context.user.id, name: context.user.data.name };
};
