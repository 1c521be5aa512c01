/**
 * A live dashboard of a hub: a page in the browser that shows connections, topics
 * by rate, events and bytes over time, what waits, slow consumers, errors as they
 * come, and a tail of any topic. It only looks, and only from the machine it runs
 * on, unless it is told otherwise.
 *
 * @example Behind `Deno.serve`
 * ```ts
 * import { createDashboard } from "@alkdev/pubsub/dashboard";
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
 *
 * const hub = createWebSocketServerEventTarget({ relay: true });
 * const dashboard = createDashboard(hub);
 * const server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0 },
 *   dashboard.fetch,
 * );
 * console.log(`http://127.0.0.1:${server.addr.port}`); // Open it.
 *
 * await dashboard.close();
 * await server.shutdown();
 * await hub.close();
 * ```
 *
 * @module
 */

import { Access } from "./_dashboard_access.ts";
import { FeedHub } from "./_dashboard_hub.ts";
import { DashboardSite, type UpgradeWebSocket } from "./_dashboard_site.ts";
import {
  type NodeRequestLike,
  nodeVisitOf,
  visitOf,
} from "./_dashboard_visit.ts";
import type { HubEventTarget } from "./_hub_options.ts";
import { boolean, milliseconds, optionalFunction, show } from "./_options.ts";
import type { WebSocketLike } from "./_websocket_types.ts";
import { createMetricsHandler, type MetricsTargets } from "./metrics.ts";

export type { UpgradeWebSocket } from "./_dashboard_site.ts";
export type {
  DashboardRequestInfo,
  NodeRequestLike,
} from "./_dashboard_visit.ts";
export type {
  /** What `onBackpressure` is told. */
  Backpressure,
  /** How a connection ended. */
  DisconnectReason,
  /** One connection of a hub, as its application sees it. */
  HubConnection,
  /** The server end of many connections. */
  HubEventTarget,
  /** What `onError` is told. */
  HubFault,
  /** What has gone through a hub since it was made. */
  HubStats,
} from "./_hub_options.ts";
export type {
  /** A WebSocket as the web platform has it. */
  WebSocketLike,
} from "./_websocket_types.ts";

/** Options of {@linkcode createDashboard}. */
export interface DashboardOptions {
  /**
   * Who has it may see the dashboard, from anywhere: let it be long and random.
   * Without it only the machine itself may, and where a request is from has to be
   * known.
   *
   * @default {undefined}
   */
  token?: string | undefined;
  /**
   * Whether the page may publish events.
   *
   * @default {false}
   */
  allowPublish?: boolean | undefined;
  /**
   * Milliseconds between samples, from 100 on.
   *
   * @default {1000}
   */
  interval?: number | undefined;
  /**
   * What the page is called.
   *
   * @default {"hub"}
   */
  title?: string | undefined;
  /**
   * Turns a request into a socket, where the server has a function for it.
   * Elsewhere see {@linkcode Dashboard.addConnection}.
   *
   * @default {Deno.upgradeWebSocket}
   */
  upgradeWebSocket?: UpgradeWebSocket | undefined;
}

/** A live dashboard of one or several hubs. */
export interface Dashboard extends AsyncDisposable {
  /**
   * Answers with the page, at `feed` below it with a socket and at `metrics` with
   * the text that Prometheus scrapes, whatever path requests are passed on from,
   * with it or without: `Deno.serve(dashboard.fetch)`.
   * Bound to the dashboard.
   *
   * `app.mount` of Hono needs its option `replaceRequest: false` in Deno, which
   * makes sockets of its own requests alone.
   *
   * @param request For a path at or below that of the dashboard.
   * @param info What the server hands in beside it, which says where it is from:
   * see {@linkcode DashboardRequestInfo}. Anything else says nothing.
   */
  readonly fetch: (
    request: Request,
    info?: unknown,
  ) => Promise<Response>;
  /**
   * Takes in a socket for the feed, from a server that makes them itself, for
   * requests to `feed` below the page. A socket whose request `fetch` would refuse
   * is closed with 1008.
   *
   * @param socket It SHOULD be added in the same task in which it was made.
   * @param request What it was made of: of the web platform, or of Node's `http`.
   * @param info As for `fetch`.
   * @throws {TypeError} When it is no socket.
   */
  addConnection(
    socket: WebSocketLike,
    request: Request | NodeRequestLike,
    info?: unknown,
  ): void;
  /** Ends the feed of those who watch; leaves the hubs as they are. Idempotent. */
  close(): Promise<void>;
}

/**
 * Creates a dashboard. Hubs are observed while somebody watches; at other times
 * their counters alone are read, once an interval, so that the charts of a page
 * that opens begin in the past.
 *
 * @param hub A hub of this library, or several.
 * @param options Who may see it, and what it may do.
 * @throws {TypeError | RangeError} When one is no hub, or an option is wrong.
 *
 * @example In a Hono app, with a token
 * ```ts
 * import { createDashboard } from "@alkdev/pubsub/dashboard";
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
 * import { Hono } from "hono";
 *
 * const hub = createWebSocketServerEventTarget();
 * const dashboard = createDashboard(hub, { token: crypto.randomUUID() });
 * const app = new Hono().all(
 *   "/dashboard/*",
 *   ({ req, env }) => dashboard.fetch(req.raw, env),
 * );
 *
 * const response = await app.request("/dashboard");
 * console.log(response.status); // 401: it asks for the token
 * await dashboard.close();
 * await hub.close();
 * ```
 */
export function createDashboard(
  hub: HubEventTarget | readonly HubEventTarget[],
  options: DashboardOptions = {},
): Dashboard {
  const hubs: readonly HubEventTarget[] = isList(hub) ? [...hub] : [hub];
  if (hubs.length === 0) throw new TypeError("Cannot use hub: there is none");
  return new HubDashboard(hubs, options);
}

class HubDashboard implements Dashboard {
  readonly #access: Access;
  readonly #feed: FeedHub;
  readonly #site: DashboardSite;
  /** Whether sockets that are being taken in are allowed, by their ids. */
  readonly #verdicts = new Map<string, Promise<boolean>>();

  constructor(hubs: readonly HubEventTarget[], options: DashboardOptions) {
    const { title = "hub" } = options;
    if (typeof title !== "string") {
      throw new TypeError(`Cannot use title: ${show(title)} is not a string`);
    }
    this.#access = new Access(options.token);
    this.#site = new DashboardSite(
      this.#access,
      (request) => createMetricsHandler(named(hubs, title))(request),
      (socket) => this.#take(socket, Promise.resolve(true)),
      optionalFunction("upgradeWebSocket", options.upgradeWebSocket),
    );
    // Last: it has a timer.
    this.#feed = new FeedHub(hubs, {
      title,
      interval: milliseconds("interval", options.interval ?? 1000, 100),
      allowPublish: boolean("allowPublish", options.allowPublish ?? false),
      isAllowed: async (id) => await this.#verdicts.get(id) ?? false,
    });
  }

  readonly fetch = (
    request: Request,
    info?: unknown,
  ): Promise<Response> => this.#site.answer(request, visitOf(request, info));

  addConnection(
    socket: WebSocketLike,
    request: Request | NodeRequestLike,
    info?: unknown,
  ): void {
    const visit = isNodeRequest(request)
      ? nodeVisitOf(request)
      : visitOf(request, info);
    const refusal = this.#access.refusal(visit, true);
    this.#take(socket, refusal.then((refusal) => refusal === undefined));
  }

  /** The hub waits for the verdict: a socket has to be listened to at once. */
  #take(socket: WebSocketLike, verdict: Promise<boolean>): void {
    const id = crypto.randomUUID();
    this.#verdicts.set(id, verdict);
    this.#feed.target.addConnection(socket, { id });
    socket.addEventListener("close", () => this.#verdicts.delete(id));
  }

  close(): Promise<void> {
    return this.#feed.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** For metrics: a single hub is what the page is called. */
function named(hubs: readonly HubEventTarget[], title: string): MetricsTargets {
  if (hubs.length === 1) return { [title]: hubs[0]! };
  return Object.fromEntries(hubs.map((hub, i) => [`${title}/${i + 1}`, hub]));
}

function isList(
  hub: HubEventTarget | readonly HubEventTarget[],
): hub is readonly HubEventTarget[] {
  return Array.isArray(hub);
}

function isNodeRequest(
  request: Request | NodeRequestLike,
): request is NodeRequestLike {
  return typeof request.headers.get !== "function";
}
