// A dashboard of a hub behind real servers, and a client of its feed.

import type { FeedEvent } from "../_dashboard_feed.ts";
import {
  createDashboard,
  type Dashboard,
  type DashboardOptions,
} from "../dashboard.ts";
import type { EventEnvelope } from "../envelope.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
} from "../websocket_client.ts";
import type { HubEventTarget, HubOptions } from "../websocket_server.ts";
import { Log } from "./_waiting.ts";
import { type TestHub, WebSocketSetting } from "./_websocket.ts";

type FeedType = FeedEvent["detail"]["type"];
type PayloadOf<TType extends FeedType> = Extract<
  FeedEvent["detail"],
  { type: TType }
>["payload"];

/** Somebody who watches. */
export class Watcher {
  readonly target: SpokeEventTarget<FeedEvent>;

  constructor(target: SpokeEventTarget<FeedEvent>) {
    this.target = target;
  }

  /** What comes on a topic of the feed; the feed knows it once this resolves. */
  async watch<TType extends FeedType>(
    type: TType,
    id = "",
  ): Promise<Log<PayloadOf<TType>>> {
    const log = new Log<PayloadOf<TType>>();
    const topic = id === "" ? type : `${type}:${id}` as const;
    this.target.addEventListener(topic, ({ detail }) => {
      log.add((detail as EventEnvelope).payload as PayloadOf<TType>);
    });
    await this.target.flush();
    return log;
  }
}

/** What a test of dashboards has at hand. */
export class DashboardSetting extends WebSocketSetting {
  /** A hub with a dashboard that samples fast. */
  async watched(
    options: DashboardOptions = {},
    hubOptions: HubOptions = {},
  ): Promise<{ hub: TestHub; dashboard: Dashboard; url: string }> {
    const hub = await this.hub({ relay: true, onError() {}, ...hubOptions });
    return { hub, ...this.dashboard(hub, options) };
  }

  /** A dashboard on a port of its own. */
  dashboard(
    hub: HubEventTarget | readonly HubEventTarget[],
    options: DashboardOptions = {},
  ): { dashboard: Dashboard; url: string; restart(): void } {
    let dashboard = createDashboard(hub, { interval: 100, ...options });
    const start = (port: number) =>
      Deno.serve(
        { hostname: "127.0.0.1", port, onListen() {} },
        dashboard.fetch,
      );
    let server = start(0);
    const { port } = server.addr;
    this.defer(async () => {
      await dashboard.close();
      await server.shutdown();
    });
    return {
      dashboard,
      url: `http://127.0.0.1:${port}`,
      restart() {
        dashboard = createDashboard(hub, { interval: 100, ...options });
        server = start(port);
      },
    };
  }

  /** Watches as `top` does. */
  async watcher(url: string, token?: string): Promise<Watcher> {
    const target = await createWebSocketClientEventTarget<FeedEvent>(
      () =>
        new WebSocket(`${url.replace("http", "ws")}/feed`, {
          headers: token === undefined
            ? {}
            : { authorization: `Bearer ${token}` },
        }),
    );
    this.defer(() => target.close());
    return new Watcher(target);
  }
}

/** One test, with all that it made closed at its end. */
export function testDashboard(
  name: string,
  fn: (setting: DashboardSetting) => Promise<void>,
  ignore = false,
): void {
  Deno.test({
    name: `a dashboard ${name}`,
    ignore,
    async fn() {
      await using setting = new DashboardSetting();
      await fn(setting);
    },
  });
}
