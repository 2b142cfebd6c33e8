import type { AppTree } from "../tree/app-tree";
import type { WorkerSetup } from "./protocol";

/** Picks what a worker has to know of the tree. */
export function workerSetup(tree: AppTree, mongodbUri: string): WorkerSetup {
  return {
    functions: [...tree.functions.values()].map(({ name, file, runAsSystem }) => ({ name, file, runAsSystem })),
    valuesJson: JSON.stringify(tree.values),
    environmentJson: JSON.stringify(tree.environment),
    app: { clientAppId: tree.appId, name: tree.name, deploymentModel: tree.deploymentModel },
    mongodbUri,
    dataSources: tree.dataSources,
  };
}
