import type { User } from "realm-web";
import type { Door, Stage } from "./stage";

/** A call of Stripe's API. */
export interface ApiCall {
  readonly method: "GET" | "POST";
  readonly path: string;
}

/** What a wish came to at Stripe and in our books. Holds for a wish that came true once: both are 1, `isEnded`, nothing `wrong`. */
export interface Outcome {
  readonly atStripe: number;
  readonly inBooks: number;
  /** Whether our mark says that it is done. */
  readonly isEnded: boolean;
  readonly wrong: readonly string[];
}

/** Something that must be done once, however often it is asked for. */
export interface Wish {
  readonly accountId: string;
  /** Asks for it at every door at once, with the same keys whenever it is repeated; answers why calls failed. */
  ask(doors: readonly Door[]): Promise<readonly string[]>;
  /** Does what may happen between two tries and changes what a new try would ask for. */
  readonly meanwhile?: () => Promise<void>;
  /** Counts what came of it. */
  count(): Promise<Outcome>;
}

/** A kind of wish. */
export interface Subject {
  readonly name: "refund" | "customer" | "top-up";
  /** The call in which Stripe does the work. */
  readonly work: ApiCall;
  /** How many callers ask Stripe when one wish is asked for at one door. */
  readonly callers: number;
  /** The call between Stripe's answer and our mark; null = the mark comes next. */
  readonly between: ApiCall | null;
  /** The kind of its rows in the outbox; null = its callers come again themselves. */
  readonly outboxKind: string | null;
  /** Makes everything that has to be there before. */
  prepare(stage: Stage): Promise<Wish>;
}

/** Lets everybody sign in and then call at once; answers why sign-ins or calls failed. */
export async function callTogether(
  signIns: readonly Promise<User>[],
  call: (user: User, index: number) => Promise<unknown>,
): Promise<readonly string[]> {
  await Promise.allSettled(signIns);
  return failuresOf(signIns.map(async (signedIn, index) => call(await signedIn, index)));
}

/** Waits for calls; answers why some failed. */
async function failuresOf(calls: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const settled = await Promise.allSettled(calls);
  return settled.flatMap((result) => {
    if (result.status === "rejected") return [String(result.reason)];
    const { ok, code } = (result.value ?? {}) as { readonly ok?: boolean; readonly code?: string };
    return ok === true ? [] : [`refused: ${code}`];
  });
}

/** Names what is not as it should be. */
export function differences(
  expected: Readonly<Record<string, readonly [found: unknown, expected: unknown]>>,
): readonly string[] {
  return Object.entries(expected).flatMap(([what, [found, wanted]]) =>
    JSON.stringify(found) === JSON.stringify(wanted)
      ? []
      : [`${what}: ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`],
  );
}
