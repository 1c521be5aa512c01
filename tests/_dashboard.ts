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

/** A dashboard behind a server. */
export interface TestDashboard {
  /** The first one. */
  readonly dashboard: Dashboard;
  /** Without a slash at its end. */
  readonly url: string;
  stop(): Promise<void>;
  /** Another one at the same URL. */
  start(): void;
}

/** What a test of dashboards has at hand. */
export class DashboardSetting extends WebSocketSetting {
  /** A hub with a dashboard that samples fast. */
  async watched(
    options: DashboardOptions = {},
    hubOptions: HubOptions = {},
  ): Promise<TestDashboard & { hub: TestHub }> {
    const hub = await this.hub({ relay: true, onError() {}, ...hubOptions });
    return { hub, ...this.dashboard(hub, options) };
  }

  /** A dashboard on a port of its own, which can be stopped and started again. */
  dashboard(
    hub: HubEventTarget | readonly HubEventTarget[],
    options: DashboardOptions = {},
  ): TestDashboard {
    const create = () => createDashboard(hub, { interval: 100, ...options });
    let dashboard = create();
    const serve = (port: number) =>
      Deno.serve(
        { hostname: "127.0.0.1", port, onListen() {} },
        dashboard.fetch,
      );
    let server = serve(0);
    const { port } = server.addr;
    const stop = async () => {
      await dashboard.close();
      await server.shutdown();
    };
    this.defer(stop);
    return {
      dashboard,
      url: `http://127.0.0.1:${port}`,
      stop,
      start() {
        dashboard = create();
        server = serve(port);
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
