// What `hub` is to serve, by its arguments.

import { normalizeNodeId } from "../_iroh_ticket.ts";
import { inLine } from "../_options.ts";
import type { Arguments } from "./_arguments.ts";
import { UsageError } from "./_failure.ts";
import type { Reach } from "./_iroh_endpoint.ts";
import { type OriginPolicy, originPolicy } from "./_origins.ts";

/** How WebSocket is served. */
export interface WebSocketPlan {
  readonly hostname: string;
  readonly port: number;
  readonly mayConnect: OriginPolicy;
}

/** How iroh is served. */
export interface IrohPlan {
  readonly reach: Reach;
  readonly port: number | undefined;
  /** The only node ids that may connect; anybody without. */
  readonly allowed: ReadonlySet<string> | undefined;
  readonly secretKeyFile: string | undefined;
  /** It was asked for: the hub does not go without. */
  readonly isNeeded: boolean;
}

/** How the dashboard is served. */
export interface DashboardPlan {
  readonly hostname: string;
  readonly port: number;
  readonly token: string | undefined;
}

/** What is served. */
export interface HubPlan {
  readonly webSocket: WebSocketPlan | undefined;
  readonly iroh: IrohPlan | undefined;
  readonly dashboard: DashboardPlan | undefined;
  readonly relay: boolean;
  readonly redis: string | undefined;
  readonly nats: string | undefined;
}

/** @throws {UsageError} When the arguments do not go together. */
export function hubPlan(args: Arguments): HubPlan {
  const webSocket = webSocketPlan(args);
  const iroh = irohPlan(args);
  if (!webSocket && !iroh) {
    throw new UsageError(
      "there is nothing to serve: neither WebSocket nor iroh",
    );
  }
  const [redis, nats] = [args.text("redis"), args.text("nats")];
  if (redis !== undefined && nats !== undefined) {
    throw new UsageError("options --redis and --nats do not go together");
  }
  const dashboard = dashboardPlan(args);
  const relay = args.flag("relay") ?? true;
  return { webSocket, iroh, dashboard, relay, redis, nats };
}

/** Without a token it is for this machine alone, whatever `--host` says. */
function dashboardPlan(args: Arguments): DashboardPlan | undefined {
  const port = args.number("dashboard");
  if (port === undefined) {
    if (!args.has("token")) return undefined;
    throw new UsageError("option --token is of no use without --dashboard");
  }
  const token = args.text("token");
  const hostname = token === undefined ? "127.0.0.1" : hostOf(args);
  return { hostname, port, token };
}

function hostOf(args: Arguments): string {
  return args.text("host")!.replace(/^\[(.*)\]$/, "$1");
}

/** With `--allow` nobody comes in but by name, and WebSocket knows no names. */
function webSocketPlan(args: Arguments): WebSocketPlan | undefined {
  const isAsked = args.flag("websocket");
  const isServed = isAsked ?? !args.has("allow");
  if (!isServed) {
    // The host is the dashboard's, too.
    const names = args.has("dashboard")
      ? ["port", "origin"]
      : ["port", "host", "origin"];
    const idle = names.find((name) => args.has(name));
    if (idle === undefined) return undefined;
    throw new UsageError(
      isAsked === false
        ? `option --${idle} is of no use with --no-websocket`
        : `option --${idle} needs --websocket: with --allow it is off, as anybody could come in by it`,
    );
  }
  return {
    hostname: hostOf(args),
    port: args.number("port")!,
    mayConnect: originPolicy(args.texts("origin")),
  };
}

function irohPlan(args: Arguments): IrohPlan | undefined {
  const names = ["local", "allow", "secret-key", "iroh-port"];
  const asking = names.find((name) => args.has(name));
  if (args.flag("iroh") === false) {
    if (asking === undefined) return undefined;
    throw new UsageError(`option --${asking} is of no use with --no-iroh`);
  }
  const allowed = args.texts("allow").map((id) => {
    try {
      return normalizeNodeId(id);
    } catch {
      throw new UsageError(
        `option --allow is a node id, 64 hexadecimal digits, not ${inLine(id)}`,
      );
    }
  });
  return {
    reach: args.flag("local") ? "machine" : "world",
    port: args.number("iroh-port"),
    allowed: allowed.length > 0 ? new Set(allowed) : undefined,
    secretKeyFile: args.text("secret-key"),
    isNeeded: asking !== undefined || !!args.flag("iroh"),
  };
}
