import type { Builder } from "./builder";

/** Filled in next. */
export const STRINGS: Readonly<Record<string, Builder>> = {};
