// The hubs that `hub` runs: of WebSocket, of iroh, and what makes them one.

import { networkInterfaces } from "node:os";
import type { HubEventTarget, HubOptions } from "../_hub_options.ts";
import { inLine } from "../_options.ts";
import { type Bridge, bridge } from "../bridge.ts";
import { createIrohHubEventTarget } from "../iroh_hub.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import type { Context } from "./_context.ts";
import {
  connectNats,
  connectRedis,
  type OnEngineError,
  type RunningEngine,
} from "./_engine.ts";
import { explain } from "./_failure.ts";
import type { FaultLog } from "./_fault_log.ts";
import type { HubPlan, IrohPlan, WebSocketPlan } from "./_hub_plan.ts";
import { bindEndpoint } from "./_iroh_endpoint.ts";
import { joinHubs } from "./_join_hubs.ts";
import { readSecretKey } from "./_secret_key.ts";
import { hostText, startServer } from "./_server.ts";

/** Milliseconds that the first contact with a relay may take. */
const RELAY_TIMEOUT = 3_000;

/** What runs, and where it is reached. */
export class ServedHub {
  readonly hubs: HubEventTarget[] = [];
  urls: readonly string[] = [];
  nodeId: string | undefined;
  ticket: string | undefined;
  /** The ticket leads here from anywhere; not if there is no relay in it. */
  isAnywhere = true;
  engine: RunningEngine | undefined;
  /** Where the dashboard is. */
  dashboard: string | undefined;
  readonly #options: HubOptions;
  readonly #log: FaultLog;
  #bridge: Bridge | undefined;
  /** What is closed after the hubs, the last one first. */
  readonly #closers: (() => Promise<void> | void)[] = [];
  #closing: Promise<void> | undefined;

  private constructor(options: HubOptions, log: FaultLog) {
    this.#options = options;
    this.#log = log;
  }

  /**
   * Serves what was planned.
   *
   * @throws {Failure} When some of it cannot be; what ran by then is closed.
   */
  static async start(
    plan: HubPlan,
    context: Context,
    log: FaultLog,
  ): Promise<ServedHub> {
    const { webSocket, iroh, relay } = plan;
    const served = new ServedHub(
      { relay, ...hubCallbacks(context, log) },
      log,
    );
    context.notes.status("starting …");
    try {
      // The port first: it is what fails most, and at once.
      if (webSocket) await served.#serveWebSocket(webSocket);
      if (iroh) await served.#serveIroh(iroh, context);
      await served.#link(plan);
      await served.#serveDashboard(plan);
      context.notes.status("");
      return served;
    } catch (error) {
      context.notes.status("");
      await served.close();
      throw error;
    }
  }

  /** Sends what is queued, and closes all. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #serveWebSocket({ hostname, port, mayConnect }: WebSocketPlan) {
    const hub = createWebSocketServerEventTarget(this.#options);
    this.hubs.push(hub);
    const server = await startServer({ hostname, port }, (incoming) => {
      const { headers } = incoming.request;
      const origin = headers.get("origin");
      if (headers.get("upgrade")?.toLowerCase() !== "websocket") {
        return new Response("A hub of WebSockets listens here.\n", {
          status: 426,
          headers: { upgrade: "websocket", connection: "upgrade" },
        });
      }
      if (!mayConnect(origin)) {
        const page = inLine(origin!);
        this.#log.add(`a page of ${page} was refused: --origin lets it in`);
        return new Response("Pages of this origin may not connect.\n", {
          status: 403,
        });
      }
      return incoming.upgrade((socket) => hub.addConnection(socket));
    });
    this.#closers.push(() => server.close());
    this.urls = hostsOf(hostname).map((host) =>
      `ws://${hostText(host)}:${server.port}`
    );
  }

  async #serveIroh(plan: IrohPlan, { notes }: Context): Promise<void> {
    const { reach, port, allowed, secretKeyFile, isNeeded } = plan;
    const secretKey = secretKeyFile === undefined
      ? undefined
      : await readSecretKey(secretKeyFile);
    const binding = bindEndpoint({
      ...{ reach, port, secretKey },
      purpose: "serve iroh",
    });
    const bound = await binding.catch((error) => {
      if (isNeeded || this.hubs.length === 0) throw error;
      notes.say(`without iroh: ${explain(error)}`);
      return undefined;
    });
    if (!bound) return;
    this.#closers.push(() => bound.close());
    const hub = await createIrohHubEventTarget({
      ...this.#options,
      endpoint: bound.endpoint,
      ...allowed && { authorizeConnection: ({ id }) => allowed.has(id) },
    });
    this.hubs.push(hub);
    notes.status("looking for a relay …");
    // Without a network there is none to wait for.
    this.isAnywhere = outsideHosts().length > 0 &&
      await bound.reachable(RELAY_TIMEOUT) !== false;
    notes.status("starting …");
    this.nodeId = bound.nodeId;
    this.ticket = bound.ticket();
  }

  /** Makes the hubs one: by an engine, or among themselves. */
  async #link({ redis, nats }: HubPlan): Promise<void> {
    const onError: OnEngineError = (fault) => this.#log.fault(fault);
    if (redis !== undefined) this.engine = await connectRedis(redis, onError);
    if (nats !== undefined) this.engine = await connectNats(nats, onError);
    const { engine, hubs } = this;
    if (engine) {
      this.#closers.push(() => engine.close());
      this.#bridge = bridge({ hub: hubs, engine: engine.target, onError });
    } else if (hubs.length > 1) {
      this.#closers.push(joinHubs(hubs, (fault) => this.#log.fault(fault)));
    }
  }

  async #serveDashboard({ dashboard }: HubPlan): Promise<void> {
    if (!dashboard) return;
    const { serveDashboard } = await import("./_dashboard_server.ts");
    const { url, close } = await serveDashboard(this.hubs, dashboard);
    this.#closers.push(close);
    this.dashboard = url;
  }

  async #close(): Promise<void> {
    await Promise.all(this.hubs.map((hub) => hub.close()));
    // What connections sent last goes to the engine.
    await this.#bridge?.close();
    for (const close of this.#closers.reverse()) await close();
  }
}

/** What a hub tells, as lines. */
function hubCallbacks({ args, notes }: Context, log: FaultLog): HubOptions {
  const isVerbose = args.flag("verbose");
  return {
    onError: (fault) => log.fault(fault),
    onBackpressure: ({ connection, bufferedBytes, topic }) =>
      log.add(
        `${
          inLine(connection.id)
        } does not read, and is closed: ${bufferedBytes} bytes wait, the next one of ${
          inLine(topic)
        }`,
      ),
    ...isVerbose && {
      onConnection: ({ id }) => notes.say(`+ ${inLine(id)}`),
      onDisconnection: ({ id }, { code, reason }) =>
        notes.say(
          `- ${inLine(id)}  ${[code, inLine(reason)].join(" ").trim()}`,
        ),
    },
  };
}

/** The addresses that lead to a host: of every interface if it is any. */
function hostsOf(hostname: string): string[] {
  if (hostname !== "0.0.0.0" && hostname !== "::") return [hostname];
  return ["127.0.0.1", ...outsideHosts()];
}

/** The IPv4 addresses of this machine that are not for itself alone. */
function outsideHosts(): string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) =>
    all.filter(({ family, internal }) => family === "IPv4" && !internal)
      .map(({ address }) => address)
  );
}
