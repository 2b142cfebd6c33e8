import type { Builder } from "./builder";

/** Filled in next. */
export const DATES: Readonly<Record<string, Builder>> = {};
