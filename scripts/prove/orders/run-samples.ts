import { MongoClient } from "mongodb";
import type { User } from "realm-web";
import type Stripe from "stripe";
import { DATABASE_NAME } from "../../../functions-src/lib/adapters/mongo/schema/collections";
import type { BalanceAnswer, CheckoutAnswer, Me, VerifyAnswer } from "../../../functions-src/lib/contract";
import type { TraceAnswer } from "../../../functions-src/lib/usecases/trace";
import type { Product } from "../../start/start-product";
import { eachOf } from "../each-of";
import { packCheckout } from "../pack";
import { createSeededRandom } from "../seeded-random";
import { type Simulator, connectSimulator } from "../simulator";
import { type Traveller, createTraveller } from "../traveller";
import { type FactDifference, compareFacts } from "./compare-facts";
import { type InboxRow, PACES, type Pace, type Receiver, deliverEvents } from "./deliver-events";
import { drawOrder } from "./draw-order";
import { beginStory } from "./play-story";
import { type Course, type Facts, STORIES } from "./stories";

const HOUR_SECONDS = 3_600;
const RETRY_SECONDS = 60;
const REPORT_EVERY = 50;

/** What one sample came to. */
export interface Sample {
  readonly index: number;
  readonly story: string;
  readonly pace: Pace;
  /** The types of the events, as they were delivered. */
  readonly order: readonly string[];
  readonly repeats: number;
  readonly isInOrder: boolean;
  readonly differences: readonly FactDifference[];
}

/** What all samples came to. */
export interface SampleBooks {
  readonly samples: readonly Sample[];
  /** How often time had to be moved for an event that failed at first. */
  readonly waits: number;
  /** Events that reached the product by another way than the proof's. */
  readonly strays: number;
  readonly verified: boolean;
}

interface PlannedSample {
  readonly index: number;
  readonly story: string;
  readonly course: Course;
  readonly pace: Pace;
  readonly seed: number;
}

/** Plays samples in a product that was started with a test clock, a few at a time. */
export async function runSamples(
  product: Product,
  { samples, seed }: { readonly samples: number; readonly seed: number },
  report: (line: string) => void,
): Promise<SampleBooks> {
  const client = await MongoClient.connect(product.mongodbUri);
  try {
    return await new Samples(product, client, report).run(planSamples(samples, seed));
  } finally {
    await client.close();
  }
}

interface Told {
  /** Ids of the events of the story, oldest first. */
  readonly made: readonly string[];
  /** The events as they were delivered. */
  readonly order: readonly Stripe.Event[];
  readonly answers: readonly number[];
}

const idsOf = (events: readonly Stripe.Event[]): readonly string[] => events.map(({ id }) => id);

function planSamples(samples: number, seed: number): readonly PlannedSample[] {
  const random = createSeededRandom(seed);
  return Array.from({ length: samples }, (_, index) => {
    const { name: story, courses } = STORIES[index % STORIES.length] ?? STORIES[0];
    const pace = random.pick<Pace>(PACES);
    return { index, story, pace, course: random.pick(courses), seed: random.below(2 ** 31) };
  });
}

class Samples {
  private readonly traveller: Traveller;
  private readonly simulator: Simulator;
  private readonly receiver: Receiver;
  private readonly delivered = new Set<string>();
  private now = 0;
  private waits = 0;

  constructor(
    product: Product,
    client: MongoClient,
    private readonly report: (line: string) => void,
  ) {
    this.traveller = createTraveller(product);
    this.simulator = connectSimulator(product);
    this.receiver = {
      url: `${product.baseUrl}/app/${product.appId}/endpoint/stripe/webhook`,
      secret: this.simulator.webhookSecret,
      inbox: client.db(DATABASE_NAME).collection<InboxRow>("stripeEvents"),
      nowSeconds: () => Math.floor(this.now / 1000),
      wait: (failed) => this.wait(failed),
    };
  }

  async run(planned: readonly PlannedSample[]): Promise<SampleBooks> {
    await this.beginHour();
    await this.simulator.simulate("faults", { drop: 1 });
    const before = await this.receiver.inbox.countDocuments();
    const samples: Sample[] = [];
    await eachOf(planned, async (sample) => {
      samples.push(await this.play(sample));
      if (samples.length % REPORT_EVERY === 0) this.report(`${samples.length} of ${planned.length} samples`);
    });
    const stored = (await this.receiver.inbox.countDocuments()) - before;
    const operator = await this.traveller.operator();
    const { ok } = (await operator.callFunction("admin/verify", {})) as VerifyAnswer;
    return { samples, waits: this.waits, strays: stored - this.delivered.size, verified: ok };
  }

  private async play(planned: PlannedSample): Promise<Sample> {
    const { index, story, course, pace } = planned;
    const user = await (await this.traveller.signUp(`buyer-${index}@example.org`))();
    await user.callFunction("account/me", {});
    const { sessionId } = (await user.callFunction("billing/checkout", packCheckout("buy"))) as CheckoutAnswer;
    const { made, order, answers } = await this.tell(planned, sessionId);
    const refused = answers.filter((status) => status !== 200);
    return {
      index,
      story,
      pace,
      order: order.map(({ type }) => type),
      repeats: order.length - made.length,
      isInOrder: [...new Set(order.map(({ id }) => id))].join() === made.join(),
      differences: [
        ...refused.map((found) => ({ fact: "answer", expected: 200, found })),
        ...compareFacts(course.ends, await this.readFacts(user, sessionId)),
      ],
    };
  }

  /** Plays a story and delivers its events. */
  private async tell({ index, course, pace, seed }: PlannedSample, sessionId: string): Promise<Told> {
    const random = createSeededRandom(seed);
    const story = await beginStory(this.simulator, sessionId);
    const order: Stripe.Event[] = [];
    const answers: number[] = [];
    for (const turn of course.turns) {
      const known = pace === "meanwhile" ? await story.events() : [];
      // Most come early: what is told late tells the end, and only an event that is not told late can be missed.
      const early = known.filter((event) => !idsOf(order).includes(event.id) && random.below(4) > 0);
      answers.push(...(await deliverEvents(this.receiver, early, pace)));
      order.push(...early);
      await story.play(turn);
    }
    const [first, ...others] = await story.events();
    if (first === undefined) throw new Error(`Sample ${index} made no event that the product acts on`);
    const all = [first, ...others] as const;
    const left = all.filter(({ id }) => !idsOf(order).includes(id));
    const late = drawOrder(random, { left, all });
    answers.push(...(await deliverEvents(this.receiver, late, pace)));
    for (const { id } of all) this.delivered.add(id);
    return { made: idsOf(all), order: [...order, ...late], answers };
  }

  private async readFacts(user: User, sessionId: string): Promise<Facts> {
    const operator = await this.traveller.operator();
    const { payment, entries } = (await operator.callFunction("admin/trace", { id: sessionId })) as TraceAnswer;
    const { available, held, frozen, debt } = (await user.callFunction("wallet/balance", {})) as BalanceAnswer;
    const { accounts } = (await user.callFunction("account/me", {})) as Me;
    return {
      grants: entries.filter(({ kind }) => kind === "grant").length,
      unitsGranted: payment?.unitsGranted ?? 0,
      unitsTaken: payment?.unitsTaken ?? 0,
      entered: entries.reduce((sum, { amount }) => sum + amount, 0),
      returnedMinor: payment?.returnedMinor ?? 0,
      disputedMinor: payment?.disputedMinor ?? 0,
      available,
      held,
      frozen,
      debt,
      suspended: accounts.filter(({ status }) => status === "suspended").length,
    };
  }

  /** The reconciler runs on the hour and would mend what a lost event left; between two hours nothing but events tells of money. */
  private async beginHour(): Promise<void> {
    const now = await this.traveller.advance(0);
    this.now = await this.traveller.advance(HOUR_SECONDS - (Math.floor(now / 1000) % HOUR_SECONDS));
  }

  private async wait(failed: readonly InboxRow[]): Promise<void> {
    this.waits += 1;
    if (this.waits * RETRY_SECONDS >= HOUR_SECONDS) {
      throw new Error(`Events failed so often that the hour is over, at last ${JSON.stringify(failed)}`);
    }
    this.now = await this.traveller.advance(RETRY_SECONDS);
  }
}
