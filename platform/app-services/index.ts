import { compose } from "./compose";
import type { AppServices, AppServicesOptions } from "./options";

/**
 * Serves a MongoDB Atlas App Services app tree to the unchanged realm-web client.
 *
 * Throws: `TreeError` with every problem of the tree; an Error for a bad option, a database that cannot be reached or a taken port. After
 * a throw nothing is left running.
 */
export async function startAppServices(options: AppServicesOptions): Promise<AppServices> {
  return compose(options);
}

export type { AppServices, AppServicesOptions, ClockFollower, ServerApiKey, TestClockOptions } from "./options";
export { readTestClock } from "./test-clock/read-test-clock";
export { TreeError } from "./tree/tree-report";
