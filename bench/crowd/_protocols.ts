/**
 * What clients by hand say to each kind of server, and what they wait for: just
 * enough of every protocol to be connected and subscribed.
 */

import { upgradeRequest } from "../../tests/_websocket_peer.ts";

/** Something to say, and a text in the answer to it. */
export interface Step {
  readonly send: Uint8Array<ArrayBuffer>;
  readonly until: string;
}

/** How a client connects and subscribes. */
export interface Protocol {
  connect(host: string): Step[];
  subscribe(topics: readonly string[]): Step;
}

const encoder = new TextEncoder();

/** A text of a client, masked with zeros: those who have to unmask it do. */
function textFrame(text: string): Uint8Array<ArrayBuffer> {
  const content = encoder.encode(text);
  const { length } = content;
  const long = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const frame = new Uint8Array(6 + long + length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x81;
  frame[1] = 0x80 | (long === 0 ? length : long === 2 ? 126 : 127);
  if (long === 2) view.setUint16(2, length);
  if (long === 8) view.setBigUint64(2, BigInt(length));
  frame.set(content, 6 + long);
  return frame;
}

function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function upgrade(host: string, path: string): Step {
  return { send: upgradeRequest(`ws://${host}${path}`), until: "\r\n\r\n" };
}

function envelope(type: string, id: string, payload: unknown) {
  return textFrame(JSON.stringify({ type, id, payload }));
}

export const protocols = {
  /** This library's. */
  pubsub: {
    connect: (host) => [upgrade(host, "/")],
    subscribe: (topics) => ({
      send: joined([
        ...topics.map((topic) => envelope("__subscribe", "", { topic })),
        envelope("__ping", "subscribed", null),
      ]),
      until: '"__pong","id":"subscribed"',
    }),
  },
  /** A WebSocket, and nothing above it. */
  bare: {
    connect: (host) => [upgrade(host, "/")],
    subscribe() {
      throw new TypeError("Cannot subscribe: there are no topics");
    },
  },
  "socket.io": {
    connect: (host) => [
      {
        ...upgrade(host, "/socket.io/?EIO=4&transport=websocket"),
        until: "0{",
      },
      { send: textFrame("40"), until: "40{" },
    ],
    subscribe: (topics) => ({
      send: textFrame(`420${JSON.stringify(["join", topics])}`),
      until: "430[",
    }),
  },
  nats: {
    connect: () => [{
      send: encoder.encode(
        'CONNECT {"verbose":false,"protocol":1}\r\nPING\r\n',
      ),
      until: "PONG\r\n",
    }],
    subscribe: (topics) => ({
      send: encoder.encode(
        topics.map((topic, n) => `SUB ${topic} ${n + 1}\r\n`).join("") +
          "PING\r\n",
      ),
      until: "PONG\r\n",
    }),
  },
  redis: {
    connect: () => [{ send: encoder.encode("PING\r\n"), until: "+PONG" }],
    subscribe: (topics) => ({
      send: encoder.encode(
        [`*${topics.length + 1}`, "$9", "SUBSCRIBE"].join("\r\n") + "\r\n" +
          topics.map((one) => `$${one.length}\r\n${one}\r\n`).join(""),
      ),
      until: `:${topics.length}\r\n`,
    }),
  },
} satisfies Record<string, Protocol>;

export type ProtocolName = keyof typeof protocols;
