// What transports tell each other, turned against the hub.

import type { Row } from "./_hostile_types.ts";
import { fault } from "./_rows_messages.ts";

const SERVED: Pick<Row, "peerSees" | "operatorSees"> = {
  peerSees: ["served"],
  operatorSees: [],
};

const json = (type: string, id: unknown, payload?: unknown) =>
  JSON.stringify({ type, id, payload });

/** What is no `{ topic }`. */
const wrongPayloads = [
  ...["", '"a"', "1", "null", "true", "[]", '["a"]', "{}", '{"topic":null}'],
  ...['{"topic":7}', '{"topic":""}', '{"topic":["a"]}', '{"topic":{}}'],
  ...['{"__proto__":{"topic":"a"}}', '{"Topic":"a"}'],
].map((payload) => payload && `,"payload":${payload}`);

export const controlRows: readonly Row[] = [
  {
    name: "sends control events that nobody knows",
    async attack(peer) {
      for (
        const type of [
          ...["__anything", "__", "__proto__", "__defineGetter__", "__x:y"],
          ...["__SUBSCRIBE", "__subscribe ", "___ping"],
        ]
      ) {
        await peer.text(json(type, "", { topic: "n" }));
        await peer.text(json(type, "n", "n"));
      }
    },
    ...SERVED,
  },
  {
    name: "sends pongs that nobody asked for",
    async attack(peer) {
      for (const id of ["", "0", "1", "2", "__proto__", "constructor"]) {
        await peer.text(json("__pong", id, null));
      }
    },
    ...SERVED,
  },
  {
    name: "pings and does not read",
    hub: { options: { backpressureLimit: 128 * 1024 } },
    async attack(peer) {
      const id = "x".repeat(250_000);
      for (let i = 0; i < 200; i++) await peer.text(json("__ping", id, null));
    },
    isDeaf: true,
    peerSees: ["1013 slow consumer", "lost"],
    operatorSees: [
      "hostile onBackpressure __pong",
      "hostile onDisconnection 1013 slow consumer",
    ],
  },
  {
    name: "pings with an id that leaves no room for the pong",
    attack: (peer) =>
      peer.text(`{"type":"__ping","id":"${"x".repeat(1024 * 1024 - 30)}"}`),
    ...fault(
      1009,
      "FrameError: Cannot encode frame: length 1048586 is over maxFrameBytes 1048576",
    ),
  },
  ...["__subscribe", "__unsubscribe"].map((type): Row => ({
    name: `sends ${type} with every wrong payload`,
    times: wrongPayloads.length,
    attack: (peer, turn) =>
      peer.text(`{"type":"${type}","id":""${wrongPayloads[turn]!}}`),
    ...fault(
      1002,
      `EnvelopeError: Cannot decode envelope: the payload of ${type} holds no topic`,
    ),
  })),
  {
    name: "unsubscribes from what it never subscribed to",
    async attack(peer) {
      for (const topic of ["tick", "n", "__x", ":", "x".repeat(1e6)]) {
        await peer.text(json("__unsubscribe", "", { topic }));
      }
    },
    ...SERVED,
  },
  {
    name: "subscribes to the same again and again",
    hub: { options: { maxTopicsPerConnection: 4 } },
    async attack(peer) {
      for (let i = 0; i < 500; i++) {
        // The id of a control event and what goes with the topic mean nothing.
        await peer.text(
          json("__subscribe", i % 2 ? "7" : "", { topic: "a:b", also: i }),
        );
      }
    },
    ...SERVED,
  },
  {
    name: "subscribes to what no event can have",
    async attack(peer) {
      for (const topic of [":x", ":", "__x", "__x:y", "__proto__"]) {
        await peer.text(json("__subscribe", "", { topic }));
      }
    },
    peerSees: ["served"],
    operatorSees: [":x", ":", "__x", "__x:y", "__proto__"].map((topic) =>
      `hostile onError RefusedError: Cannot subscribe hostile to ${topic}: no event can have it`
    ),
  },
  {
    name: "subscribes to what is direct to others",
    async attack(peer) {
      for (const topic of ["direct", "direct:", "direct:bob", "direct: "]) {
        await peer.text(json("__subscribe", "", { topic }));
      }
    },
    peerSees: ["served"],
    operatorSees: ["direct", "direct:", "direct:bob", "direct: "].map((topic) =>
      `hostile onError RefusedError: Cannot subscribe hostile to ${topic}: it addresses another peer`
    ),
  },
];
