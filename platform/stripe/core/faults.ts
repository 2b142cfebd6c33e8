import type { Transaction } from "./store";
import { seededShare } from "./seeded";

/** What goes wrong with all events that are made from now on. */
export interface Faults {
  /** How many more times each event is delivered. */
  readonly duplicate: number;
  /** How long each first try waits. */
  readonly delaySeconds: number;
  /** Share of deliveries that are lost for ever, drawn from the seed. */
  readonly drop: number;
}

export const NO_FAULTS: Faults = { duplicate: 0, delaySeconds: 0, drop: 0 };

/** What goes wrong with a call. `commit` tells whether the call does its work all the same. */
export type ApiEffect =
  | {
      readonly kind: "status";
      readonly status: 400 | 402 | 409 | 429 | 500 | 503;
      /** Counts for 500 only; the other answers come before the work. */
      readonly commit: boolean;
      readonly reason: string;
    }
  | { readonly kind: "lock_timeout" }
  | { readonly kind: "reset" | "cut" | "hang"; readonly commit: boolean }
  | { readonly kind: "latency"; readonly ms: number };

/** What goes wrong with an event or with its deliveries. */
export type HookEffect =
  | { readonly kind: "duplicate"; readonly copies: number }
  | { readonly kind: "twin" | "drop" | "drop_until_retry" | "wrong_secret" | "livemode" }
  | { readonly kind: "reorder"; readonly windowSeconds: number }
  | { readonly kind: "delay"; readonly seconds: number }
  | { readonly kind: "expired_timestamp"; readonly ageSeconds: number }
  | { readonly kind: "api_version"; readonly version: string }
  | { readonly kind: "unknown_type"; readonly type: string }
  | { readonly kind: "oversize"; readonly bytes: number };

interface Frequency {
  /** The first match that is hit, counted from 1; without it the first. */
  readonly nth?: number | undefined;
  /** Share of the matches from there on that are hit, drawn from the seed; 1 without it. */
  readonly probability?: number | undefined;
  /** Most hits; without it one when `nth` is given, else no end. */
  readonly times?: number | undefined;
}

/** When something goes wrong, and what. In `path` and `type` a star stands for any text. */
export type FaultRule =
  | (Frequency & {
      readonly plane: "api";
      readonly method?: string | undefined;
      readonly path?: string | undefined;
      readonly effect: ApiEffect;
    })
  | (Frequency & { readonly plane: "hook"; readonly type?: string | undefined; readonly effect: HookEffect });

/** How often a rule matched and how often it hit. */
interface Tally {
  readonly seen: number;
  readonly hits: number;
}

interface RuleState {
  readonly rules: readonly FaultRule[];
  readonly tallies: readonly Tally[];
}

type State = Pick<Transaction, "get">;

/** Reads the simple faults that are set. */
export function faultsOf(state: State): Faults {
  const setting = state.get("setting", "faults");
  return setting === undefined ? NO_FAULTS : (setting.value as Faults);
}

/** Reads the rules with how often each matched and hit. */
export function faultRulesOf(state: State): readonly (FaultRule & Tally)[] {
  const { rules, tallies } = rulesOf(state);
  return rules.map((rule, index) => ({ ...rule, ...(tallies[index] ?? NOTHING) }));
}

/** Replaces all faults; counting begins anew and the log is kept. */
export function setFaults(tx: Transaction, faults: Faults, rules: readonly FaultRule[]): void {
  tx.putQuietly("setting", { id: "faults", value: faults });
  putRules(tx, { rules, tallies: rules.map(() => NOTHING) });
}

/** Tells whether any call can go wrong, so that nobody opens a transaction for nothing. */
export function hasApiRules(state: State): boolean {
  return rulesOf(state).rules.some(({ plane }) => plane === "api");
}

interface Occasion {
  readonly seed: number;
  readonly now: number;
}

/** Decides what goes wrong with a call: the first rule that hits. */
export function drawApiFault(
  tx: Transaction,
  { method, path, seed, now }: Occasion & { readonly method: string; readonly path: string },
): ApiEffect | null {
  const matching = (rule: FaultRule): ApiEffect | null =>
    rule.plane === "api" && (rule.method ?? method) === method && matches(rule.path, path) ? rule.effect : null;
  return draw(tx, matching, { seed, now, plane: "api", subject: `${method} ${path}` });
}

/** Decides what goes wrong with an event: the first rule that hits. */
export function drawHookFault(
  tx: Transaction,
  { type, event, seed, now }: Occasion & { readonly type: string; readonly event: string },
): HookEffect | null {
  const matching = (rule: FaultRule): HookEffect | null =>
    rule.plane === "hook" && matches(rule.type, type) ? rule.effect : null;
  return draw(tx, matching, { seed, now, plane: "hook", subject: `${type} ${event}` });
}

function draw<E extends ApiEffect | HookEffect>(
  tx: Transaction,
  matching: (rule: FaultRule) => E | null,
  { seed, now, plane, subject }: Occasion & { readonly plane: "api" | "hook"; readonly subject: string },
): E | null {
  const { rules, tallies } = rulesOf(tx);
  let hit: E | null = null;
  const counted = rules.map((rule, index) => {
    const tally = tallies[index] ?? NOTHING;
    const effect = matching(rule);
    if (effect === null) return tally;
    const seen = tally.seen + 1;
    if (hit !== null || !isHit(rule, { seen, hits: tally.hits, draw: seededShare(seed, `fault:${index}:${seen}`) })) {
      return { ...tally, seen };
    }
    hit = effect;
    tx.putQuietly("fault_hit", { id: tx.newId("fault_"), rule: index, plane, effect: effect.kind, subject, at: now });
    return { seen, hits: tally.hits + 1 };
  });
  if (counted.some((tally, index) => tally !== tallies[index])) putRules(tx, { rules, tallies: counted });
  return hit;
}

function isHit(rule: FaultRule, { seen, hits, draw: share }: Tally & { readonly draw: number }): boolean {
  const most = rule.times ?? (rule.nth === undefined ? Infinity : 1);
  return seen >= (rule.nth ?? 1) && hits < most && share < (rule.probability ?? 1);
}

function matches(pattern: string | undefined, given: string): boolean {
  if (pattern === undefined) return true;
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(given);
}

const NOTHING: Tally = { seen: 0, hits: 0 };
const RULES = "fault_rules";

function rulesOf(state: State): RuleState {
  const setting = state.get("setting", RULES);
  return setting === undefined ? { rules: [], tallies: [] } : (setting.value as RuleState);
}

function putRules(tx: Transaction, value: RuleState): void {
  tx.putQuietly("setting", { id: RULES, value });
}
