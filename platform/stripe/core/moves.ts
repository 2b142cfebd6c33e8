import { invalidRequest } from "../http/stripe-error";

/** A state machine as a closed list: the statuses that each status can move to. */
export type Moves<S extends string> = Readonly<Record<S, readonly S[]>>;

/** Reads a status that Stripe types as open text. Throws: an Error when the machine does not have it. */
export function statusIn<S extends string>(moves: Moves<S>, status: string | null): S {
  if (status !== null && Object.hasOwn(moves, status)) return status as S;
  throw new Error(`Not a status of this machine: ${status}`);
}

/** Checks one move. Refuses: whatever the list does not have, naming what it has. */
export function assertMove<S extends string>(
  moves: Moves<S>,
  { object, from, to }: { readonly object: string; readonly from: S; readonly to: S },
): void {
  if (moves[from].includes(to)) return;
  const possible = moves[from].length === 0 ? "it has ended" : `from here it can become ${moves[from].join(", ")}`;
  throw invalidRequest(`The ${object} has a status of ${from} and cannot become ${to}: ${possible}`);
}
