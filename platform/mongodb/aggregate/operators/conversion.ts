import type { Builder } from "./builder";

/** Filled in next. */
export const CONVERSION: Readonly<Record<string, Builder>> = {};
