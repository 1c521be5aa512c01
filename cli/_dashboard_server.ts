// The dashboard of `hub`, on a port of its own.

import type { HubEventTarget } from "../_hub_options.ts";
import type { WebSocketLike } from "../_websocket_types.ts";
import { createDashboard } from "../dashboard.ts";
import type { DashboardPlan } from "./_hub_plan.ts";
import { hostText, type ServerRequest, startServer } from "./_server.ts";

/** A dashboard that is served. */
export interface ServedDashboard {
  /** Leads to the page; with the token, if there is one. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the dashboard of hubs.
 *
 * @throws {Failure} When it cannot listen.
 */
export async function serveDashboard(
  hubs: readonly HubEventTarget[],
  { hostname, port, token }: DashboardPlan,
): Promise<ServedDashboard> {
  const upgrades = new WeakMap<Request, ServerRequest["upgrade"]>();
  const dashboard = createDashboard(hubs, {
    token,
    upgradeWebSocket(request) {
      let taken: WebSocketLike | undefined;
      const response = upgrades.get(request)!((socket) => taken = socket);
      return { socket: taken!, response };
    },
  });
  try {
    const server = await startServer({ hostname, port }, (incoming) => {
      const { request, remoteAddress, upgrade } = incoming;
      upgrades.set(request, upgrade);
      return dashboard.fetch(request, {
        remoteAddr: { transport: "tcp", hostname: remoteAddress },
      });
    });
    const host = /^(0\.0\.0\.0|::)$/.test(hostname) ? "127.0.0.1" : hostname;
    const query = token === undefined
      ? ""
      : `/?token=${encodeURIComponent(token)}`;
    return {
      url: `http://${hostText(host)}:${server.port}${query}`,
      async close() {
        await dashboard.close();
        await server.close();
      },
    };
  } catch (error) {
    await dashboard.close();
    throw error;
  }
}
