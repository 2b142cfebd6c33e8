import { until } from "../until";
import { type Cell, type Made, askUntilAnswered, countCells, letTimePass, prepareWishes } from "./cell";
import { type HeldMarks, holdMarks, messagesOf } from "./hold-marks";
import type { Mishap } from "./mishaps";
import { readHits } from "./read-hits";
import type { Stage } from "./stage";
import type { WholeProduct } from "./whole-product";
import type { Subject } from "./wish";

const MOMENT_LIMIT_MS = 90_000;
/** Long enough that the mark can be held up while Stripe is at work. */
const WORK_MS = 2_000;

interface Rule {
  readonly subject: Subject;
  readonly rule: object;
  /** How many hits the moment needs. */
  readonly hits: number;
}

/** Lets a mishap happen to some wishes of each kind at once, and counts what came of them. */
export async function playMishap(
  product: WholeProduct,
  mishap: Mishap,
  { subjects, wishes }: { readonly subjects: readonly Subject[]; readonly wishes: number },
): Promise<readonly Cell[]> {
  const startedAt = Date.now();
  const made = await prepareWishes(product, subjects, wishes);
  const rules = subjects.map((subject) => ruleFor(mishap, subject, wishes));
  // What the webhooks would tell is lost too, so that nothing but the answer tells of a charge.
  const lost = { plane: "hook", type: "payment_intent.*", effect: { kind: "drop" } };
  await product.simulator().simulate("faults", { rules: [...rules.map(({ rule }) => rule), lost] });
  const asking = Promise.all(made.map(({ wish }) => wish.ask(product.doors())));
  const held = mishap.where === "between" ? await holdMarks(product, made) : null;
  await moment(product, { mishap, rules, made, held });
  if (mishap.product === "killed") await product.killAndRestart();
  await held?.drop();
  await asking;
  await product.simulator().simulate("faults", {});
  await assertMoment(mishap, made);
  await letTimePass(made);
  if (mishap.laterSeconds > 0) await product.advance(mishap.laterSeconds);
  await askUntilAnswered(made, product.doors());
  return countCells(product, made, { mishap: mishap.name, startedAt });
}

/** Throws: an Error when the mishap was missed, so that the cell would prove nothing. */
async function assertMoment({ name, effect, laterSeconds }: Mishap, made: readonly Made[]): Promise<void> {
  if (laterSeconds === 0) return;
  const expected = effect.commit ? 1 : 0;
  for (const { subject, wish } of made) {
    const { atStripe, isEnded } = await wish.count();
    if (!isEnded && atStripe >= expected) continue;
    throw new Error(
      `${name}: ${subject.name} was missed: ${atStripe} at Stripe, ${isEnded ? "" : "not "}marked as done`,
    );
  }
}

function ruleFor({ where, effect, times }: Mishap, subject: Subject, wishes: number): Rule {
  const calls = wishes * subject.callers;
  if (where === "between" && subject.between === null) {
    const slow = { plane: "api", ...subject.work, effect: { kind: "latency", ms: WORK_MS } };
    return { subject, rule: slow, hits: calls };
  }
  const call = where === "between" ? subject.between : subject.work;
  const count = times === null ? {} : { times: times * calls };
  return { subject, rule: { plane: "api", ...call, ...count, effect }, hits: (times ?? 1) * calls };
}

/** Waits until everybody is where the mishap wants them. */
async function moment(
  stage: Stage,
  facts: {
    readonly mishap: Mishap;
    readonly rules: readonly Rule[];
    readonly made: readonly Made[];
    readonly held: HeldMarks | null;
  },
): Promise<void> {
  const { mishap, rules, made, held } = facts;
  const missing = async (): Promise<readonly string[]> => {
    const hits = await readHits(stage);
    return rules.flatMap(({ subject, hits: wanted }, index) =>
      (hits[index] ?? 0) >= wanted ? [] : [`${subject.name}: ${hits[index]} of ${wanted} calls`],
    );
  };
  await until("Stripe to be asked", missing, (lines) => lines.length === 0, MOMENT_LIMIT_MS);
  await held?.reached();
  if (mishap.product === "killed" || mishap.laterSeconds === 0) return;
  const failed = async (): Promise<boolean> => {
    const rows = await messagesOf(stage, made);
    return rows.every(({ answer }) => answer !== null);
  };
  await until("the tries to fail", failed, (all) => all, MOMENT_LIMIT_MS);
}
