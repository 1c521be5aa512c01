/**
 * The server end over iroh: accepts spokes that dial this endpoint's public key
 * and fans events out to them by topic.
 *
 * @example A hub that relays between the peers it knows
 * ```ts
 * import iroh from "@number0/iroh";
 * import { createIrohHubEventTarget } from "@alkdev/pubsub/event-target-iroh-hub";
 *
 * const builder = iroh.Endpoint.builder();
 * iroh.presetMinimal(builder); // presetN0 to be reached from the world
 * builder.relayMode(iroh.RelayMode.disabled());
 * builder.bindAddr("127.0.0.1:0");
 * builder.alpns([Array.from(new TextEncoder().encode("alkpubsub/1"))]);
 * const endpoint = await builder.bind();
 *
 * const known = new Set<string>(["the node ids of spokes"]);
 * const hub = await createIrohHubEventTarget({
 *   endpoint,
 *   relay: true,
 *   authorizeConnection: ({ id }) => known.has(id),
 *   onError: ({ error }) => console.error(error),
 * });
 * console.log("dial", iroh.EndpointTicket.fromAddr(endpoint.addr()).toString());
 *
 * await hub.close();
 * await endpoint.close();
 * ```
 *
 * @module
 */

import type { IrohEndpoint } from "./_iroh_types.ts";
import type { QuicConnection } from "./_iroh_binding.ts";
import { acceptorOf } from "./_iroh_acceptor.ts";
import { whyBroken } from "./_iroh_link.ts";
import {
  type CompressionOptions,
  type IrohProtocol,
  irohProtocol,
} from "./_iroh_protocol.ts";
import { jsonCodec } from "./_json_codec.ts";
import { Hub } from "./_hub.ts";
import type { PendingConnection } from "./_hub_connection.ts";
import type { HubEventTarget, HubOptions } from "./_hub_options.ts";
import { CloseCode, ClosedError } from "./errors.ts";
import type { TypedEvent } from "./typed_event_target.ts";

export type {
  /** What both ends of a connection can be told. */
  ConnectionOptions,
} from "./_connection_options.ts";
export type {
  /** How both ends of an iroh connection may agree to compress. */
  CompressionOptions,
} from "./_iroh_protocol.ts";
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
  /** Options of every hub. */
  HubOptions,
  /** What has gone through a hub since it was made. */
  HubStats,
} from "./_hub_options.ts";
export type {
  /** A QUIC connection of either binding. */
  IrohConnection,
  /** An endpoint of `@rayhanadev/iroh` or `@number0/iroh`. */
  IrohEndpoint,
  /** An address of `@number0/iroh`: `EndpointAddr`. */
  IrohEndpointAddr,
  /** An id object of `@number0/iroh`: `EndpointId`. */
  IrohEndpointId,
  /** A QUIC stream of either binding. */
  IrohStream,
  /** A connection of `@number0/iroh`. */
  Number0IrohConnection,
  /** The endpoint of `@number0/iroh`, as far as it is needed. */
  Number0IrohEndpoint,
  /** A connection of `@number0/iroh` before its handshake. */
  Number0IrohIncoming,
  /** A connection of `@rayhanadev/iroh`. */
  RayhanadevIrohConnection,
  /** The endpoint of `@rayhanadev/iroh`, as far as it is needed. */
  RayhanadevIrohEndpoint,
} from "./_iroh_types.ts";

/** What {@linkcode createIrohHubEventTarget} takes. */
export interface IrohHubEventTargetArgs extends HubOptions, CompressionOptions {
  /** An endpoint of either binding. It stays the caller's: never closed here. */
  endpoint: IrohEndpoint;
  /**
   * The application protocol that is served, one of those the endpoint was
   * made with.
   *
   * @default {"alkpubsub/1"}
   */
  alpn?: string | undefined;
}

/**
 * A hub over iroh. The `id` of its connections is the remote node id.
 *
 * @typeParam TEvent The union of events that travel.
 */
export interface IrohHubEventTarget<TEvent extends TypedEvent = TypedEvent>
  extends HubEventTarget<TEvent> {
  /** The application protocol that is served: the plain one. */
  readonly alpn: string;
}

/**
 * Serves spokes on an endpoint; accepts by itself until it is closed.
 *
 * @typeParam TEvent The union of events that travel.
 * @param args The endpoint and options.
 * @returns A target whose events go to the subscribed spokes and come from all.
 * @throws {TypeError | RangeError} When an argument is wrong, or when another
 * hub serves the same ALPN on this endpoint.
 *
 * @example Two hubs on one endpoint, told apart by ALPN
 * ```ts
 * import iroh from "@number0/iroh";
 * import { createIrohHubEventTarget } from "@alkdev/pubsub/event-target-iroh-hub";
 *
 * const alpns = ["chat/1", "jobs/1"];
 * const builder = iroh.Endpoint.builder();
 * iroh.presetMinimal(builder); // presetN0 to be reached from the world
 * builder.relayMode(iroh.RelayMode.disabled());
 * builder.bindAddr("127.0.0.1:0");
 * builder.alpns(alpns.map((alpn) => Array.from(new TextEncoder().encode(alpn))));
 * const endpoint = await builder.bind();
 *
 * const chat = await createIrohHubEventTarget({ endpoint, alpn: "chat/1" });
 * const jobs = await createIrohHubEventTarget({ endpoint, alpn: "jobs/1" });
 * await Promise.all([chat.close(), jobs.close()]);
 * await endpoint.close();
 * ```
 */
export function createIrohHubEventTarget<
  TEvent extends TypedEvent = TypedEvent,
>(
  args: IrohHubEventTargetArgs,
): Promise<IrohHubEventTarget<TEvent>> {
  // In a promise's executor, so that what is thrown rejects.
  return new Promise((resolve) => resolve(new IrohHub<TEvent>(args)));
}

class IrohHub<TEvent extends TypedEvent> extends Hub<TEvent, Uint8Array>
  implements IrohHubEventTarget<TEvent> {
  readonly alpn: string;
  readonly #stopAccepting: () => void;

  constructor(args: IrohHubEventTargetArgs) {
    const protocol = irohProtocol(args);
    super(jsonCodec(protocol.maxFrameBytes), args);
    this.alpn = protocol.alpn;
    this.#stopAccepting = acceptorOf(args.endpoint).serve(protocol.alpns, {
      onConnection: (connection) =>
        void this.accept(pendingConnection(connection, protocol)),
      onEndpointClosed: () =>
        this.end(new ClosedError("Cannot accept: the endpoint is closed")),
      onError: (error) => this.reportTransport(error),
    });
  }

  override close(): Promise<void> {
    this.#stopAccepting();
    return super.close();
  }
}

/** The QUIC connection stands; its first bytes make the stream. */
function pendingConnection(
  connection: QuicConnection,
  protocol: IrohProtocol,
): PendingConnection<Uint8Array> {
  const left = connection.closed();
  const open = async () => {
    try {
      const stream = await connection.acceptStream();
      return protocol.link(connection, stream);
    } catch (cause) {
      const { code, reason } = await whyBroken(connection, cause);
      // A spoke that gave up dialling: its binding still finished the call.
      if (code === CloseCode.NORMAL || code === CloseCode.GOING_AWAY) return;
      throw new Error(reason, { cause });
    }
  };
  return {
    remoteId: connection.remoteId,
    left,
    open: () => Promise.race([open(), left.then(() => undefined)]),
    close: (code, reason) => connection.close(code, reason),
  };
}
