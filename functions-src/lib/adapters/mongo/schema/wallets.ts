import { DEBT_POLICIES, GATES } from "../wallets";
import {
  type CollectionDefinition,
  amount,
  amountOrNull,
  closed,
  flag,
  hash,
  instant,
  instantOrNull,
  list,
  smallNumber,
  text,
  textOrNull,
  word,
} from "./define-collection";
import { openLotProperties } from "./lot-properties";
import { topUpPackProperty } from "./outbox";

const cap = closed({ count: smallNumber(1000), amountMinor: amount });

export const walletsDefinition: CollectionDefinition = {
  name: "wallets",
  what: "the one authoritative balance of an (account, unit), and the lock of everything that changes it",
  schemaVersion: 1,
  shardKey: "accountId",
  properties: {
    _id: text(),
    accountId: text(),
    unit: text(64),
    seq: amount,
    head: hash,
    at: instant,
    gate: word(GATES),
    policy: closed({
      overdraftLimit: amount,
      debt: word(DEBT_POLICIES),
      blockInDebt: flag,
      transfers: flag,
      transferWaitDays: smallNumber(365),
      clawbackFromLaterLots: flag,
    }),
    alert: closed({ lowAt: { bsonType: ["long", "null"], minimum: 0 }, channel: textOrNull(200), armed: flag }),
    topUp: {
      ...closed({
        enabled: flag,
        threshold: amount,
        pack: topUpPackProperty,
        capPerDay: cap,
        capPerMonth: cap,
        attempts: smallNumber(1_000_000),
        open: textOrNull(),
        declines: smallNumber(100),
        pausedUntil: instantOrNull,
        recent: list(closed({ id: text(), at: instant, chargeMinor: amount }), 1000),
      }),
      bsonType: ["object", "null"],
    },
    nextHoldAt: instantOrNull,
    available: amount,
    pending: amount,
    frozen: amount,
    held: amount,
    debt: amount,
    clocks: list(
      closed({
        subscriptionId: text(),
        phase: amount,
        slot: amount,
        calendar: closed({ mode: word(["anniversary", "calendar"]), startAt: instant, timeZone: textOrNull(64) }),
        nextAt: instant,
        paidUntil: instantOrNull,
        terms: closed({
          units: amount,
          rollover: {
            bsonType: ["object", "null"],
            properties: { percent: amount, cap: amountOrNull, periods: amount, totalCap: amountOrNull },
          },
          costMinor: amount,
          currency: textOrNull(3),
        }),
      }),
      8,
    ),
    claims: list(closed({ cause: text(), frozenBy: list(text(128), 20), frozenAt: instantOrNull, owed: amount }), 100),
    dueAt: instantOrNull,
    lots: list(closed({ id: text(), ...openLotProperties }), 16),
    waiting: closed({ count: amount, remaining: amount, nextAt: instantOrNull }),
  },
  rules: [
    {
      $eq: [
        { $add: ["$available", "$pending", "$frozen"] },
        { $add: [{ $sum: "$lots.remaining" }, "$waiting.remaining"] },
      ],
    },
  ],
  indexes: [
    {
      name: "due",
      key: { dueAt: 1 },
      partialFilterExpression: { dueAt: { $type: "date" } },
      serves: "the sweeps: wallets with something to book, the longest due first, whatever shard they are on",
    },
  ],
  copies: { gate: "accounts.status and freezes; written in the transaction that changes its source" },
};
