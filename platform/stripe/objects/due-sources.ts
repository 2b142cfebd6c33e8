import type { DueSource } from "../core/due-work";
import { dueDisputes } from "./move-dispute";
import { dueRefunds } from "./move-refund";
import { dueSessions } from "./expire-sessions";

/** Everything that time does by itself. */
export const DUE_SOURCES: readonly DueSource[] = [dueSessions, dueRefunds, dueDisputes];
