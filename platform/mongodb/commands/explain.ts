import { serverError } from "../errors";
import type { Reply } from "../wire/reply";
import type { CommandContext } from "./context";

/** Throws: NotImplemented. */
export function explain({ command }: CommandContext): Reply {
  throw serverError("NotImplemented", `'${command}' is not implemented`);
}
