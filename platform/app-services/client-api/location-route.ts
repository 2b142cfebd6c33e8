import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AppTree } from "../tree/app-tree";
import { assertApp } from "./auth-routes";

/** Adds the location of the app: the origin that realm-web puts before every later path. */
export function addLocationRoute(
  server: FastifyInstance,
  deps: { readonly tree: AppTree; readonly publicOrigin: () => string },
): void {
  server.get(
    "/api/client/v2.0/app/:appId/location",
    (request: FastifyRequest<{ Params: { appId: string } }>, reply) => {
      assertApp(deps.tree, request.params.appId);
      const origin = deps.publicOrigin();
      return reply.send({
        deployment_model: deps.tree.deploymentModel,
        location: deps.tree.location,
        hostname: origin,
        ws_hostname: origin.replace(/^http/, "ws"),
      });
    },
  );
}
