// Hostile peers on each transport, behind one interface.

import type { TestEndpoint } from "../_iroh.ts";
import { frameOf, RawPeer } from "../_raw_peer.ts";
import { Opcode, RawWebSocket } from "../_websocket_peer.ts";
import type { HostilePeer } from "./_hostile_types.ts";

const encoder = new TextEncoder();

/** One stream of an iroh connection. */
export async function irohPeer(
  { endpoint }: TestEndpoint,
  address: string,
): Promise<HostilePeer> {
  const peer = await RawPeer.connect(endpoint, address);
  const bytes = (content: Uint8Array) => peer.write(frameOf(content));
  return {
    text: (text) => bytes(encoder.encode(text)),
    bytes,
    raw: (content) => peer.write(content),
    flush: () => peer.flush(),
    async ended() {
      const told = await peer.closed();
      const match = /^closed by peer: (?:(.*) \(code (\d+)\)|(\d+))$/s
        .exec(told);
      return match ? `${match[2] ?? match[3]} ${match[1] ?? ""}` : "lost";
    },
    destroy: () => peer.close(),
  };
}

/** A client of a server of WebSockets. */
export async function webSocketPeer(url: string): Promise<HostilePeer> {
  const peer = await RawWebSocket.connect(url);
  const bytes = (content: Uint8Array) => peer.frame(Opcode.TEXT, content);
  return {
    text: (text) => bytes(encoder.encode(text)),
    bytes,
    raw: (content) => peer.write(content),
    flush: async () => void await peer.flush(),
    async ended() {
      const frame = await peer.closed();
      return frame ? `${frame.code} ${frame.reason}` : "lost";
    },
    destroy: () => peer.destroy(),
  };
}

/** A WebSocket frame of a client whose mask changes nothing (RFC 6455, 5.3). */
export function unmaskedFrame(
  opcode: number,
  payload: Uint8Array,
  isFinal: boolean,
  length = payload.length,
): Uint8Array {
  const frame = new Uint8Array(14 + payload.length);
  frame[0] = (isFinal ? 0x80 : 0) | opcode;
  frame[1] = 0x80 | 127;
  new DataView(frame.buffer).setBigUint64(2, BigInt(length));
  frame.set(payload, 14);
  return frame;
}
