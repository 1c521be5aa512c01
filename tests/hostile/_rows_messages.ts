// Messages that are none.

import { Opcode } from "../_websocket_peer.ts";
import { unmaskedFrame } from "./_hostile_peer.ts";
import { lengthOf } from "../_length.ts";
import type { HostilePeer, Row } from "./_hostile_types.ts";

const MIB = 1024 * 1024;
const encoder = new TextEncoder();

/** What the operator and the peer are told of a fault of the peer. */
export function fault(
  code: number,
  error: string,
): Pick<Row, "peerSees" | "operatorSees"> {
  const reason = error.slice(error.indexOf(": ") + 2);
  return {
    peerSees: [`${code} ${shortened(reason)}`],
    operatorSees: [
      `hostile onError ${error}`,
      `hostile onDisconnection ${code} ${reason}`,
    ],
  };
}

/** What fits a WebSocket close frame, in whatever language it is. */
export const shortened = (reason: string) =>
  reason.length > 40 ? `${reason.slice(0, 39)}…` : reason;

const cannotDecode = (why: string) =>
  fault(1002, `EnvelopeError: Cannot decode envelope: ${why}`);

/** One message of each, each by a peer of its own. */
const each = (texts: readonly string[]): Pick<Row, "attack" | "times"> => ({
  times: texts.length,
  attack: (peer, turn) => peer.text(texts[turn]!),
});

/** A control sequence that clears a terminal, and lines of a forged log. */
export const ESCAPES = "\u001b[2J\u009b2J\r\n\u2028ERROR forged\u0000\u007f";

/** The same, as an error message shows it. */
export const ESCAPED =
  "\ufffd[2J\ufffd2J\ufffd\ufffd\ufffdERROR forged\ufffd\ufffd";

/** The same where the message quotes it. */
const QUOTED = "\\u001b[2J\ufffd2J\\r\\n\ufffdERROR forged\\u0000\ufffd";

/** MiB that Deno is sent in one message, if at all. */
const fragments = lengthOf({ short: 0, full: 160 });

/** So many MiB of a message that does not end. */
async function sendFragments(peer: HostilePeer, count: number): Promise<void> {
  const part = new Uint8Array(MIB).fill(32);
  await peer.raw(unmaskedFrame(Opcode.TEXT, part, false));
  const more = unmaskedFrame(Opcode.CONTINUATION, part, false);
  for (let i = 1; i < count; i++) await peer.raw(more);
}

export const messageRows: readonly Row[] = [
  {
    name: "says that 4 GiB follow",
    on: "iroh",
    attack: (peer) => peer.raw(new Uint8Array([255, 255, 255, 255])),
    ...fault(
      1009,
      "FrameError: Cannot decode frame: length 4294967295 is over maxFrameBytes 1048576",
    ),
  },
  {
    name: "says that 4 GiB follow",
    on: "WebSocket",
    attack: (peer) =>
      peer.raw(unmaskedFrame(Opcode.TEXT, new Uint8Array(0), true, 2 ** 32)),
    // The servers end it: no message comes to the hub.
    peerSees: { "WebSocket on ws": ["1009 "], "WebSocket on Deno": ["lost"] },
    operatorSees: {
      "WebSocket on ws": [
        "hostile onDisconnection undefined Max payload size exceeded",
      ],
      "WebSocket on Deno": [
        "hostile onDisconnection undefined Frame too large",
      ],
    },
  },
  {
    name: "sends one byte over maxFrameBytes",
    attack: (peer) => peer.bytes(new Uint8Array(MIB + 1).fill(32)),
    ...fault(
      1009,
      "FrameError: Cannot decode frame: length 1048577 is over maxFrameBytes 1048576",
    ),
  },
  {
    name: "sends a message in fragments without end",
    on: "WebSocket on ws",
    attack: (peer) => sendFragments(peer, 110),
    peerSees: ["1009 "],
    operatorSees: [
      "hostile onDisconnection undefined Max payload size exceeded",
    ],
  },
  // Takes the 15 s that ping and pong take.
  ...fragments === 0 ? [] : [
    {
      name: "sends a message in fragments without end",
      on: "WebSocket on Deno",
      attack: (peer) => sendFragments(peer, fragments),
      // Deno has no limit to it, and the hub sees none of it: a silent peer.
      peerSees: ["1001 ping timeout"],
      operatorSees: [
        "hostile onError ConnectionError: Cannot reach peer: it has been silent for … ms",
        "hostile onDisconnection 1001 ping timeout",
      ],
    } satisfies Row,
  ],
  {
    name: "sends a binary message",
    on: "WebSocket",
    attack: (peer) =>
      peer.raw(unmaskedFrame(
        Opcode.BINARY,
        encoder.encode('{"type":"n","id":"","payload":null}'),
        true,
      )),
    ...cannotDecode("it is a binary message"),
  },
  {
    name: "sends invalid UTF-8",
    on: "iroh",
    times: 3,
    attack: (peer, turn) =>
      peer.bytes(
        Uint8Array.from([
          ...encoder.encode('{"type":"n","id":"'),
          // Cut short, overlong, and a surrogate.
          ...[[0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80]][turn]!,
          ...encoder.encode('"}'),
        ]),
      ),
    ...cannotDecode("invalid UTF-8"),
  },
  {
    name: "sends invalid UTF-8",
    on: "WebSocket",
    attack: (peer) => peer.bytes(Uint8Array.from([0x22, 0xed, 0xa0, 0x80])),
    // The servers end it (RFC 6455, 8.1).
    peerSees: { "WebSocket on ws": ["1007 "], "WebSocket on Deno": ["lost"] },
    operatorSees: {
      "WebSocket on ws": [
        "hostile onDisconnection undefined Invalid WebSocket frame: invalid UTF-8 sequence",
      ],
      "WebSocket on Deno": ["hostile onDisconnection undefined Invalid UTF-8"],
    },
  },
  {
    name: "sends what is no JSON",
    ...each([
      "",
      " ",
      "{",
      "NaN",
      '{"type":"n","id":"","payload":01}',
      "\uFEFF{}",
      '{"type":"n","id":"\n"}',
      `{"type":"n","id":"${ESCAPES}`,
      "[".repeat(MIB),
    ]),
    ...cannotDecode("invalid JSON"),
  },
  {
    name: "sends JSON without a type",
    ...each(['{"id":""}', "[]", '{"__proto__":{"type":"n","id":""}}']),
    ...cannotDecode("type undefined is not a string"),
  },
  {
    name: "sends 100 000 levels instead of an envelope",
    attack: (peer) => peer.text("[".repeat(100_000) + "]".repeat(100_000)),
    ...cannotDecode("type undefined is not a string"),
  },
  {
    name: "sends a null",
    attack: (peer) => peer.text("null"),
    ...cannotDecode("null is not an object"),
  },
  {
    name: "sends an object for an id",
    attack: (peer) => peer.text('{"type":"n","id":{"toString":"x"}}'),
    ...cannotDecode("id an object is not a string"),
  },
  {
    name: "sends a text of 1 MB of control characters for an envelope",
    attack: (peer) => peer.text(JSON.stringify("\u001b".repeat(170_000))),
    ...cannotDecode(`"${"\\u001b".repeat(13)}… is not an object`),
  },
  {
    name: "sends a type that forges lines of a log",
    attack: (peer) =>
      peer.text(JSON.stringify({ type: `n:${ESCAPES}`, id: "" })),
    ...cannotDecode(
      `type "n:${QUOTED}" holds ":"`,
    ),
  },
];
