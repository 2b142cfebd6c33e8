import type { Clock } from "../clock";
import type { AppTree } from "../tree/app-tree";
import type { WorkerSetup } from "./protocol";

/** Picks what a worker has to know of the tree. */
export function workerSetup(input: {
  readonly tree: AppTree;
  readonly mongodbUri: string;
  readonly clock: Clock;
}): WorkerSetup {
  const { tree, mongodbUri, clock } = input;
  return {
    functions: [...tree.functions.values()].map(({ name, file, runAsSystem }) => ({ name, file, runAsSystem })),
    valuesJson: JSON.stringify(tree.values),
    environmentJson: JSON.stringify(tree.environment),
    app: { clientAppId: tree.appId, name: tree.name, deploymentModel: tree.deploymentModel },
    mongodbUri,
    clockCell: clock.cell,
    dataSources: tree.dataSources,
  };
}
