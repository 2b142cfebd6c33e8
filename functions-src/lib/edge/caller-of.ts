import { AppError } from "../domain/app-error";
import type { Caller } from "../usecases/caller";
import type { AppServicesContext } from "./invocation";

/**
 * Reads who calls from the platform's proof of it: a server API key is an operator, everybody else is a user.
 * Throws: AppError `unauthenticated` when nobody is signed in.
 */
export function callerOf(context: AppServicesContext): Caller {
  const { user } = context;
  const id = user?.id;
  if (user === undefined || id === undefined || id === "") {
    throw new AppError("unauthenticated", "Sign in first, or send a server API key");
  }
  if (user.type === "server") return { kind: "operator", id };
  const email = user.data?.["email"];
  const providers = (user.identities ?? []).map((identity) => identity.provider_type);
  return {
    kind: "user",
    userId: id,
    email: typeof email === "string" && email !== "" ? email : null,
    anonymous: providers.length > 0 && providers.every((provider) => provider === "anon-user"),
  };
}
