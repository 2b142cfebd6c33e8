import { AppError } from "../domain/app-error";
import { packCauseOf } from "../domain/checkout";
import { type Drift, type FoundDrift, compareCheckout, paymentInWords } from "../domain/drift";
import type { Actor } from "../domain/entry";
import type { Instant } from "../domain/instant";
import { claimsOf, isSameClaims } from "../domain/money-back";
import type { PaymentFact } from "../domain/payment";
import { EFFECTS } from "../domain/stripe-effects";
import type { ListedEvent, MoneyBackIndex } from "../ports/payments";
import { recordOf } from "./audit";
import type { Deps } from "./deps";
import { processStripeEvent } from "./process-stripe-event";
import { parkingReason } from "./receive-stripe-event";
import { settleCheckout } from "./settle-checkout";
import { convergePayment } from "./settle-money-back";
import { withLease } from "./with-lease";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Events are listed from a little before the last run, because Stripe shows them a little late. */
const OVERLAP_MS = HOUR_MS;
/** How far back a first or full run looks; Stripe keeps events for 30 days. */
const HORIZON_MS = 30 * DAY_MS;
const CURSOR = "reconcileStripe";
const UNFINISHED_PER_RUN = 200;

/** How a run looks: `events` since the last one; `full`, object by object both ways too. */
export interface ReconcileInput {
  readonly accountId: string | null;
  readonly dryRun: boolean;
  readonly depth: "events" | "full";
}

/** What a run found. `busy`: another process is at it. */
export interface Reconciliation {
  readonly ok: true;
  readonly busy: boolean;
  readonly events: number;
  readonly sessions: number;
  readonly payments: number;
  readonly drifts: readonly Drift[];
}

/**
 * Looks for what we and Stripe disagree about, and mends it by the ordinary path: an event that never came is processed, a paid
 * session is settled, claims are decided again. What no path of ours can mend is alerted. A dry run only tells.
 * Throws: AppError `unavailable` when Stripe cannot be reached; what was mended until then stays.
 */
export async function reconcileStripe(
  deps: Deps,
  actor: Actor,
  input: ReconcileInput,
  now: Instant,
): Promise<Reconciliation> {
  const run = new Run(deps, { ...input, actor }, now);
  const ours = await withLease(deps, "reconcile:stripe", async (stillOurs) => {
    if (input.accountId === null) await run.compareEvents(stillOurs);
    if (input.depth === "full") await run.compareObjects(stillOurs);
    if (input.depth === "full" && input.accountId === null) await run.finishRepairs(stillOurs);
  });
  return { ok: true, busy: !ours, ...run.found };
}

class Run {
  private readonly counts = { events: 0, sessions: 0, payments: 0 };
  private readonly drifts: Drift[] = [];

  constructor(
    private readonly deps: Deps,
    private readonly input: ReconcileInput & { readonly actor: Actor },
    private readonly now: Instant,
  ) {}

  get found(): Pick<Reconciliation, "events" | "sessions" | "payments" | "drifts"> {
    return { ...this.counts, drifts: this.drifts };
  }

  /** Events with effects that Stripe has and the inbox does not, oldest first. */
  async compareEvents(stillOurs: () => Promise<boolean>): Promise<void> {
    const { payments, inbox, drifts } = this.deps;
    const since = Math.max((await drifts.readCursor(CURSOR)) ?? 0, this.now - HORIZON_MS) - OVERLAP_MS;
    const types = Object.keys(EFFECTS).filter((type) => (EFFECTS[type]?.({ type, objectId: "any" }).length ?? 0) > 0);
    for (const event of await payments.listEvents({ since, types })) {
      if (!(await stillOurs())) return;
      this.counts.events += 1;
      if ((await inbox.find(event.id)) !== null || parkingReason(this.deps, event) !== null) continue;
      await this.handle(
        { type: "missing_here", stripeId: event.id, accountId: null, here: "no such event", there: event.type },
        () => this.takeIn(event),
      );
    }
    if (!this.input.dryRun) await drifts.writeCursor(CURSOR, this.now);
  }

  /** Sessions at Stripe against our payments, then our payments against Stripe. */
  async compareObjects(stillOurs: () => Promise<boolean>): Promise<void> {
    const since = this.now - HORIZON_MS;
    for await (const facts of this.deps.payments.listCheckouts({ since })) {
      if (!(await stillOurs())) return;
      this.counts.sessions += 1;
      const accountId = facts.order?.accountId;
      if (accountId === undefined || (this.input.accountId !== null && accountId !== this.input.accountId)) continue;
      const payment = await this.deps.paymentRecords.find(accountId, packCauseOf(facts.sessionId));
      const accountExists = (await this.deps.accounts.findAccount(accountId)) !== null;
      const drift = compareCheckout(facts, { payment, accountExists });
      if (drift === null) continue;
      const mend = drift.type === "missing_here" ? () => this.settle(facts.sessionId) : null;
      await this.handle(drift, mend);
    }
    // Whole lists instead of a look at every payment: Stripe counts calls, and money goes back seldom.
    const there = {
      payments: await this.deps.payments.listPayments({ since }),
      moneyBack: await this.deps.payments.listMoneyBack({ since }),
    };
    for await (const payment of this.deps.paymentRecords.listSince({ since, accountId: this.input.accountId })) {
      if (!(await stillOurs())) return;
      this.counts.payments += 1;
      await this.comparePayment(payment, there);
    }
  }

  private async comparePayment(
    payment: PaymentFact,
    there: { readonly payments: ReadonlySet<string>; readonly moneyBack: MoneyBackIndex },
  ): Promise<void> {
    const { accountId, cause, stripePaymentIntentId } = payment;
    if (stripePaymentIntentId === null) return;
    const about = { stripeId: stripePaymentIntentId, accountId, here: paymentInWords(payment) };
    // A payment that took days to arrive was made before the list begins.
    const isKnown = there.payments.has(stripePaymentIntentId);
    if (!isKnown && (await this.deps.payments.findPayment(stripePaymentIntentId)) === null) {
      await this.handle({ ...about, type: "missing_there", there: "no such payment" }, null);
      return;
    }
    const link = await this.deps.links.find(payment.mode, stripePaymentIntentId);
    if (link !== null && link.cause !== cause) {
      await this.handle({ ...about, type: "duplicate", there: `it stands behind ${link.cause}` }, null);
      return;
    }
    const claims = claimsOf(payment, there.moneyBack(payment), this.now);
    if (isSameClaims(payment, claims)) return;
    const { returnedMinor, disputedMinor, unitsTaken, frozenBy } = claims;
    const target = `returned ${returnedMinor}, lost ${disputedMinor}, ${unitsTaken} units to take, ${frozenBy.length} freezing`;
    await this.handle({ ...about, type: "state", there: target }, async () => {
      await convergePayment(this.deps, payment, this.now);
    });
  }

  /** Mends a drift unless this is a dry run or nothing can; keeps and tells it in any case. */
  private async handle(found: FoundDrift, mend: (() => Promise<void>) | null): Promise<void> {
    const drift: Drift = { ...found, after: null, action: mend === null ? "alerted" : "proposed", at: this.now };
    // What is being mended stands as proposed until it is, so that a crash in between leaves a trace.
    if (!this.input.dryRun) await this.deps.drifts.put(drift, null);
    if (drift.action === "alerted") this.deps.log.alert("stripe_drift", { ...drift });
    if (mend === null || this.input.dryRun) {
      this.drifts.push(drift);
      return;
    }
    await mend();
    this.drifts.push(await this.keepRepair(drift));
  }

  /** Repairs that a process did not live to write down: what it proposed and no run finds any more was mended. */
  async finishRepairs(stillOurs: () => Promise<boolean>): Promise<void> {
    if (this.input.dryRun) return;
    for (const drift of await this.deps.drifts.list({ action: "proposed", limit: UNFINISHED_PER_RUN })) {
      if (!(await stillOurs())) return;
      await this.keepRepair(drift);
    }
  }

  /** Writes down what a repair made of a drift, with its audit record. */
  private async keepRepair(drift: Drift): Promise<Drift> {
    const { type, stripeId, accountId, here, there } = drift;
    const repaired: Drift = { ...drift, action: "repaired", after: await this.stateOf(stripeId) };
    const act = {
      at: drift.at,
      actor: this.input.actor,
      action: "repair_drift" as const,
      accountId,
      target: stripeId,
      before: { type, here, there },
      after: { here: repaired.after },
    };
    await this.deps.drifts.put(repaired, recordOf(this.deps.digest, act, { reason: null, identity: type }));
    this.deps.log.info("stripe_drift", { ...repaired });
    return repaired;
  }

  /** What we say of something at Stripe now. */
  private async stateOf(stripeId: string): Promise<string> {
    const { inbox, links, paymentRecords, payments } = this.deps;
    const event = await inbox.find(stripeId);
    if (event !== null) return `event ${event.state}`;
    const link = await links.find(payments.mode, stripeId);
    const payment = link === null ? null : await paymentRecords.find(link.accountId, link.cause);
    return payment === null ? "nothing" : paymentInWords(payment);
  }

  /** Takes an event in as if it had just been delivered. */
  private async takeIn(event: ListedEvent): Promise<void> {
    const { body, ...facts } = event;
    const bodyHash = this.deps.digest.text(body);
    const row = { ...facts, state: "received", attempts: 0, receivedAt: this.now, bodyHash } as const;
    await this.deps.inbox.store(row, body);
    await processStripeEvent(this.deps, event.id, this.now);
  }

  private async settle(sessionId: string): Promise<void> {
    const settled = await settleCheckout(this.deps, sessionId, this.now);
    if (settled.kind === "ignored") throw new AppError("bug", `A paid session was not settled: ${settled.why}`);
  }
}
