import type { Doc, Value } from "../bson/values";
import { serverError } from "../errors";
import type { Instant } from "../store/instant";

/** Where a stream stands: everything up to and including this operation of this commit has been told. */
export interface StreamPosition {
  readonly at: Instant;
  readonly index: number;
}

/** What a token says besides the position. */
export type TokenKind = "event" | "invalidate" | "highWater";

/** Position after every operation of a commit. */
export const lastIndex = 0xffff_ffff;

const kinds: readonly TokenKind[] = ["event", "invalidate", "highWater"];
const shape = /^([0-9a-f]{16})([0-9a-f]{8})0([0-2])$/i;

/** Builds a resume token. Its text sorts as the positions do. */
export function toToken({ at, index }: StreamPosition, kind: TokenKind): Doc {
  const text = at.toString(16).padStart(16, "0") + index.toString(16).padStart(8, "0") + `0${kinds.indexOf(kind)}`;
  return new Map<string, Value>([["_data", text.toUpperCase()]]);
}

/** Reads a resume token. Throws: FailedToParse when it is none of ours. */
export function parseToken(token: Doc): StreamPosition & { readonly kind: TokenKind } {
  const data = token.get("_data");
  const found = typeof data === "string" ? shape.exec(data) : null;
  const kind = kinds[Number(found?.[3])];
  if (found === null || kind === undefined)
    throw serverError("FailedToParse", "The resume token is not one of this server");
  return { at: Number.parseInt(found[1] ?? "", 16), index: Number.parseInt(found[2] ?? "", 16), kind };
}
