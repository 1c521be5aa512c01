// Peers that connect and then do less than they should.

import type {
  IrohConnection,
  IrohEndpointAddr,
  IrohHubAddress,
  Number0IrohEndpoint,
} from "../../_iroh_types.ts";
import type { Binding, RawEndpoint, TestEndpoint } from "../_iroh.ts";
import { bindings } from "../_iroh.ts";
import { rawConnect, RawPeer } from "../_raw_peer.ts";
import { Opcode, RawWebSocket } from "../_websocket_peer.ts";
import type { HubKind } from "./_crowd_hub.ts";
import { type HubProcess, runtimeOf } from "./_crowd_process.ts";

/** A peer that says nothing. */
export interface SilentPeer {
  /** How the hub parted with it, as the peer sees it: `1001 ping timeout`. */
  ended(): Promise<string>;
  /** It is gone, and says nothing of it where that is possible. */
  destroy(): void;
}

/** A peer that says what it is told to, be it half of something. */
export interface SpeakingPeer extends SilentPeer {
  write(bytes: Uint8Array): Promise<void>;
}

/** The binding of a kind of hub, if it is on iroh. */
export function bindingOf(kind: HubKind): Binding | undefined {
  return bindings.find(({ name }) => name === kind);
}

/** Why a kind of hub cannot run here. */
export function unavailabilityOf(kind: HubKind): string | undefined {
  return bindingOf(kind)?.unavailable ?? runtimeOf(kind).unavailable;
}

/** Connections in one endpoint: its peers are cheaper than their endpoints. */
const PER_ENDPOINT = 500;

/** Makes silent peers of one hub, and ends them. */
export class Crowd implements AsyncDisposable {
  readonly #hub: HubProcess;
  readonly #binding: Binding | undefined;
  readonly #endpoints: Promise<TestEndpoint>[] = [];
  readonly #peers: SilentPeer[] = [];

  constructor(hub: HubProcess, kind: HubKind) {
    this.#hub = hub;
    this.#binding = bindingOf(kind);
  }

  /** Connected, be it on iroh with or without a stream, and no more. */
  async silent(withStream = false): Promise<SilentPeer> {
    const peer =
      await (this.#binding
        ? silentOnIroh(await this.#endpoint(), this.#hub.address, withStream)
        : silentOnWebSocket(this.#hub.address));
    this.#peers.push(peer);
    return peer;
  }

  /** A TCP connection on which so much was written. */
  async unfinished(head: string): Promise<SilentPeer> {
    const port = Number(new URL(this.#hub.address).port);
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    if (head !== "") await conn.write(new TextEncoder().encode(head));
    let isOpen = true;
    const peer = {
      ended: async () => {
        const count = await conn.read(new Uint8Array(1024)).catch(() => null);
        return count === null ? "disconnected" : "answered";
      },
      destroy: () => {
        if (isOpen) conn.close();
        isOpen = false;
      },
    };
    this.#peers.push(peer);
    return peer;
  }

  /** Connected and, on iroh, admitted; writes what it is told to. */
  async speaking(): Promise<SpeakingPeer> {
    const peer =
      await (this.#binding
        ? speakingOnIroh(await this.#endpoint(), this.#hub.address)
        : speakingOnWebSocket(this.#hub.address));
    this.#peers.push(peer);
    return peer;
  }

  #endpoint(): Promise<TestEndpoint> {
    const wanted = Math.floor(this.#peers.length / PER_ENDPOINT);
    return this.#endpoints[wanted] ??= this.#binding!.createEndpoint();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) peer.destroy();
    await Promise.all(this.#endpoints.map(async (one) => (await one).close()));
  }
}

/** Dials what `addressAt` gives. */
export function dialAt(
  endpoint: RawEndpoint,
  address: IrohHubAddress,
): Promise<IrohConnection> {
  const alpn = "alkpubsub/1";
  return "acceptNext" in endpoint
    ? (endpoint as Number0IrohEndpoint).connect(
      address as IrohEndpointAddr,
      [...new TextEncoder().encode(alpn)],
    )
    : endpoint.connect(String(address), alpn);
}

/** Makes many, some at a time. */
export async function many<T>(
  count: number,
  make: (index: number) => Promise<T>,
): Promise<T[]> {
  const made: T[] = [];
  for (let i = 0; i < count; i += 20) {
    const some = Math.min(20, count - i);
    made.push(
      ...await Promise.all(Array.from({ length: some }, (_, j) => make(i + j))),
    );
  }
  return made;
}

/** How often each value is there. */
export function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

async function silentOnWebSocket(url: string): Promise<SilentPeer> {
  const peer = await RawWebSocket.connect(url);
  return {
    ended: async () => {
      const closed = await peer.closed();
      return closed ? `${closed.code} ${closed.reason}` : "disconnected";
    },
    destroy: () => peer.destroy(),
  };
}

async function speakingOnWebSocket(url: string): Promise<SpeakingPeer> {
  const peer = await RawWebSocket.connect(url);
  return {
    // Inside a frame it cannot answer: it leaves as it is told to.
    ended: async () => {
      for (;;) {
        const frame = await peer.next();
        if (frame !== undefined && frame.opcode !== Opcode.CLOSE) continue;
        peer.destroy();
        if (frame === undefined) return "disconnected";
        const [high = 0, low = 0, ...reason] = frame.payload;
        return `${high * 256 + low} ${String.fromCharCode(...reason)}`;
      }
    },
    destroy: () => peer.destroy(),
    write: (bytes) => peer.write(bytes),
  };
}

async function speakingOnIroh(
  { endpoint }: { endpoint: RawEndpoint },
  address: string,
): Promise<SpeakingPeer> {
  const peer = await RawPeer.connect(endpoint, address);
  await peer.flush();
  const ended = endOf(peer.closed());
  return {
    ended: () => ended,
    destroy: () => peer.close(),
    write: (bytes) => peer.write(bytes),
  };
}

async function silentOnIroh(
  { endpoint }: { endpoint: RawEndpoint },
  address: string,
  withStream: boolean,
): Promise<SilentPeer> {
  const connection = await rawConnect(endpoint, address);
  // Kept: a stream that is collected ends, and the hub hears of it.
  const stream = withStream ? await connection.openBi() : undefined;
  const [code, reason] = "acceptNext" in endpoint ? [1000n, []] : [1000, ""];
  // Asked at once: who asks later may hear that it is closed, and no more.
  const ended = endOf(connection.closed());
  return Object.assign({
    ended: () => ended,
    destroy: () => connection.close(code, reason),
  }, { stream });
}

/** `closed by peer: not ready (code 1002)`, as `1002 not ready`. */
async function endOf(closed: Promise<string>): Promise<string> {
  const text = await closed;
  const match = /^closed by peer: (.*) \(code (\d+)\)$/.exec(text);
  return match ? `${match[2]} ${match[1]}` : text;
}
