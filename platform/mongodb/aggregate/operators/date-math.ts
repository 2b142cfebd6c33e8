import type { Builder } from "./builder";

/** Filled in next. */
export const DATE_MATH: Readonly<Record<string, Builder>> = {};
