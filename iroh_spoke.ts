/**
 * The client end over iroh: dials a hub by its public key, peer-to-peer, over
 * QUIC.
 *
 * @example A hub and a spoke, here in one process on loopback
 * ```ts
 * import iroh from "@number0/iroh";
 * import { createEvent, type EventsOf } from "@alkdev/pubsub";
 * import { createIrohHubEventTarget } from "@alkdev/pubsub/event-target-iroh-hub";
 * import { createIrohSpokeEventTarget } from "@alkdev/pubsub/event-target-iroh-spoke";
 *
 * type Events = EventsOf<{ "message.sent": { text: string } }>;
 *
 * async function bind() {
 *   const builder = iroh.Endpoint.builder();
 *   iroh.presetMinimal(builder); // presetN0 to reach the world
 *   builder.relayMode(iroh.RelayMode.disabled());
 *   builder.bindAddr("127.0.0.1:0");
 *   builder.alpns([Array.from(new TextEncoder().encode("alkpubsub/1"))]);
 *   return await builder.bind();
 * }
 * const [there, here] = [await bind(), await bind()];
 * const hub = await createIrohHubEventTarget<Events>({ endpoint: there });
 * const spoke = await createIrohSpokeEventTarget<Events>({
 *   endpoint: here,
 *   hubNodeId: there.addr(), // or its ticket
 * });
 * spoke.addEventListener("message.sent:room-1", (event) => {
 *   console.log(event.detail.payload.text); // "hello"
 * });
 * await spoke.flush(); // The hub has the subscription.
 * hub.dispatchEvent(createEvent("message.sent", "room-1", { text: "hello" }));
 * await hub.flush(); // The spoke has the event.
 *
 * await spoke.close();
 * await hub.close();
 * await Promise.all([here.close(), there.close()]);
 * ```
 *
 * @module
 */

import type { IrohEndpoint, IrohHubAddress } from "./_iroh_types.ts";
import {
  adaptEndpoint,
  isAlpnRefused,
  type QuicConnection,
  type QuicEndpoint,
} from "./_iroh_binding.ts";
import { whyBroken } from "./_iroh_link.ts";
import {
  type CompressionOptions,
  type IrohProtocol,
  irohProtocol,
} from "./_iroh_protocol.ts";
import { optionalSignal } from "./_options.ts";
import { jsonCodec } from "./_json_codec.ts";
import { type Dialer, Spoke } from "./_spoke.ts";
import type { SpokeEventTarget, SpokeOptions } from "./_spoke_options.ts";
import { CloseCode, ClosedError, ConnectError } from "./errors.ts";
import type { TypedEvent } from "./typed_event_target.ts";

export type {
  /** How a lost connection is made again. */
  ReconnectOptions,
} from "./_backoff.ts";
export type {
  /** What both ends of a connection can be told. */
  ConnectionOptions,
} from "./_connection_options.ts";
export type {
  /** How both ends of an iroh connection may agree to compress. */
  CompressionOptions,
} from "./_iroh_protocol.ts";
export type {
  /** A QUIC connection of either binding. */
  IrohConnection,
  /** An endpoint of `@rayhanadev/iroh` or `@number0/iroh`. */
  IrohEndpoint,
  /** An address of `@number0/iroh`: `EndpointAddr`. */
  IrohEndpointAddr,
  /** An id object of `@number0/iroh`: `EndpointId`. */
  IrohEndpointId,
  IrohHubAddress,
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
export type {
  /** The client end of a connection. */
  SpokeEventTarget,
  /** Options of every spoke. */
  SpokeOptions,
  /** Where a spoke stands. */
  SpokeState,
  /** What `onStatus` is told: every change of state and every fault. */
  SpokeStatus,
} from "./_spoke_options.ts";

/** Names a hub, anew for each attempt to connect. */
export type IrohHubChoice = () => IrohHubAddress | Promise<IrohHubAddress>;

/** What {@linkcode createIrohSpokeEventTarget} takes. */
export interface IrohSpokeEventTargetArgs
  extends SpokeOptions, CompressionOptions {
  /** An endpoint of either binding. It stays the caller's: never closed here. */
  endpoint: IrohEndpoint;
  /**
   * Whom to dial, or a function that is asked for it anew for each attempt: with
   * several hubs, it names another one when the last cannot be reached.
   */
  hubNodeId: IrohHubAddress | IrohHubChoice;
  /**
   * The application protocol, negotiated by TLS (RFC 7301).
   *
   * @default {"alkpubsub/1"}
   */
  alpn?: string | undefined;
}

/**
 * A spoke over iroh.
 *
 * @typeParam TEvent The union of events that travel.
 */
export interface IrohSpokeEventTarget<TEvent extends TypedEvent = TypedEvent>
  extends SpokeEventTarget<TEvent> {
  /**
   * The node id of the hub that was dialled last, 64 hex digits; checked on every
   * connection.
   */
  readonly remoteNodeId: string;
  /**
   * The application protocol of the connection: with `compression` it tells
   * whether the hub compresses too.
   */
  readonly alpn: string;
}

/**
 * Dials a hub and resolves once it has answered.
 *
 * @typeParam TEvent The union of events that travel.
 * @param args The endpoint, whom to dial, and options.
 * @returns A target whose events go to the hub and come from it.
 * @throws {ConnectError} When the hub cannot be reached or refuses; the message
 * says whom and why. With `waitOnFirstConnect`, only when it refuses or
 * `maxAttempts` are used up.
 * @throws {TypeError | RangeError} When an argument is wrong.
 *
 * @example A hub that cannot be reached
 * ```ts
 * import iroh from "@number0/iroh";
 * import { ConnectError } from "@alkdev/pubsub";
 * import { createIrohSpokeEventTarget } from "@alkdev/pubsub/event-target-iroh-spoke";
 *
 * const builder = iroh.Endpoint.builder();
 * iroh.presetMinimal(builder); // presetN0 to reach the world
 * builder.relayMode(iroh.RelayMode.disabled());
 * builder.bindAddr("127.0.0.1:0");
 * const endpoint = await builder.bind();
 * try {
 *   await createIrohSpokeEventTarget({
 *     endpoint,
 *     hubNodeId: endpoint.id().toString(), // itself: nobody to dial
 *     connectTimeout: 1000,
 *   });
 * } catch (error) {
 *   console.log(error instanceof ConnectError && error.message); // "Cannot connect to hub …"
 * }
 * await endpoint.close();
 * ```
 */
export async function createIrohSpokeEventTarget<
  TEvent extends TypedEvent = TypedEvent,
>(
  args: IrohSpokeEventTargetArgs,
): Promise<IrohSpokeEventTarget<TEvent>> {
  const { endpoint, hubNodeId } = args;
  const protocol = irohProtocol(args);
  optionalSignal(args.signal)?.throwIfAborted();
  const spoke = new IrohSpoke<TEvent>(
    irohDialer(adaptEndpoint(endpoint), hubNodeId, protocol),
    args,
  );
  await spoke.start();
  return spoke;
}

class IrohSpoke<TEvent extends TypedEvent> extends Spoke<TEvent, Uint8Array>
  implements IrohSpokeEventTarget<TEvent> {
  readonly #dialer: IrohDialer;

  constructor(dialer: IrohDialer, options: SpokeOptions) {
    super(dialer, options);
    this.#dialer = dialer;
  }

  get remoteNodeId(): string {
    return this.#dialer.nodeId;
  }

  get alpn(): string {
    return this.#dialer.alpn;
  }
}

interface IrohDialer extends Dialer<Uint8Array> {
  /** Whom it dialled last. */
  readonly nodeId: string;
  /** What the hub spoke when it was met last. */
  readonly alpn: string;
}

function irohDialer(
  endpoint: QuicEndpoint,
  hub: IrohHubAddress | IrohHubChoice,
  protocol: IrohProtocol,
): IrohDialer {
  const best = protocol.alpns[0]!;
  let spoken = best;
  let next = best;
  let name = `hub (${protocol.alpn})`;
  let nodeId = "";
  let connect: (alpn: string) => Promise<QuicConnection>;
  const choose = (address: IrohHubAddress) => {
    const before = nodeId;
    ({ nodeId, connect } = endpoint.dialer(address));
    // What another hub spoke says nothing.
    if (nodeId !== before) next = best;
    name = `hub ${nodeId} (${protocol.alpn})`;
  };
  if (typeof hub !== "function") choose(hub);
  /** Dials as the hub was met last; after an attempt in vain, the best way. */
  const connectAny = async (signal: AbortSignal) => {
    let alpn = next;
    next = best;
    for (;;) {
      try {
        const connection = await connect(alpn);
        if (!signal.aborted) spoken = next = alpn;
        return connection;
      } catch (error) {
        if (alpn === protocol.alpn || !isAlpnRefused(error as Error)) {
          throw error;
        }
        signal.throwIfAborted();
        alpn = protocol.alpn;
      }
    }
  };
  const cannot = (cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConnectError(`Cannot connect to ${name}: ${why}`, { cause });
  };
  return {
    get name() {
      return name;
    },
    get nodeId() {
      return nodeId;
    },
    get alpn() {
      return spoken;
    },
    codec: jsonCodec(protocol.maxFrameBytes),
    async dial(signal) {
      if (endpoint.isClosed) {
        throw new ClosedError(
          `Cannot connect to ${name}: the endpoint is closed`,
        );
      }
      if (typeof hub === "function") {
        await Promise.resolve().then(hub).then((address) => {
          if (!signal.aborted) choose(address);
        }).catch(cannot);
        signal.throwIfAborted();
      }
      const connection = await connectAny(signal).catch(cannot);
      try {
        signal.throwIfAborted();
        assertRemote(connection, nodeId, name);
        const stream = await connection.openStream().catch(async (cause) => {
          const { code, reason } = await whyBroken(connection, cause);
          throw new ConnectError(`Cannot connect to ${name}: ${reason}`, {
            cause,
            closeCode: code,
          });
        });
        signal.throwIfAborted();
        return protocol.link(connection, stream);
      } catch (error) {
        connection.close(CloseCode.NORMAL, "");
        throw error;
      }
    },
  };
}

/** @throws {ConnectError} When another node than the one dialled has answered. */
function assertRemote(
  { remoteId }: QuicConnection,
  nodeId: string,
  name: string,
): void {
  if (remoteId === nodeId) return;
  throw new ConnectError(`Cannot connect to ${name}: ${remoteId} answered`, {
    cause: new Error(`Expected node id ${nodeId}, found ${remoteId}`),
    closeCode: CloseCode.NOT_ALLOWED,
  });
}
