// Events and topics that are valid, or nearly so, and meant ill.

import { lengthOf } from "../_length.ts";
import type { Row } from "./_hostile_types.ts";
import { ESCAPED, ESCAPES } from "./_rows_messages.ts";

const MIB = 1024 * 1024;

const json = (type: string, id: string, payload: unknown = null) =>
  JSON.stringify({ type, id, payload });

const subscribe = (topic: string) => json("__subscribe", "", { topic });

/** What a topic of a connection may take besides its text: two sets, two maps. */
const TOPIC_OVERHEAD = 1024;

/** What the operator and the peer are told of one that passed a limit. */
const expelled = (why: string): Pick<Row, "peerSees" | "operatorSees"> => ({
  peerSees: [`1008 ${why}`],
  operatorSees: [
    `hostile onError RefusedError: Cannot keep connection of hostile: ${why}`,
    `hostile onDisconnection 1008 ${why}`,
  ],
});

const topics = lengthOf({ short: 300, full: 10_000 });

/** Two bytes a character in memory, nearly one in UTF-8. */
const longTopic = (n: number) => `a:${n}Ā`.padEnd(1022, "x");

export const eventRows: readonly Row[] = [
  {
    name: "subscribes without end",
    hub: { options: { maxTopicsPerConnection: topics } },
    async attack(peer) {
      for (let i = 0; i <= topics; i++) {
        await peer.text(subscribe(longTopic(i)));
      }
    },
    ...expelled(`over ${topics} topics`),
  },
  {
    name: "subscribes to all that it may, and stays",
    hub: { options: { maxTopicsPerConnection: topics } },
    async attack(peer) {
      for (let i = 0; i < topics; i++) await peer.text(subscribe(longTopic(i)));
    },
    peerSees: ["served"],
    operatorSees: [],
    mayHold: topics * (2 * 1024 + TOPIC_OVERHEAD),
  },
  {
    name: "subscribes to ever new topics and leaves them",
    hub: { options: { maxTopicsPerConnection: 10 } },
    async attack(peer) {
      for (let i = 0; i < topics; i++) {
        const topic = longTopic(i);
        await peer.text(subscribe(topic));
        await peer.text(json("__unsubscribe", "", { topic }));
      }
    },
    peerSees: ["served"],
    operatorSees: [],
  },
  {
    name: "subscribes to a topic of 1 MB",
    attack: (peer) => peer.text(subscribe("x".repeat(MIB - 100))),
    ...expelled("a topic is over 1024 bytes"),
  },
  {
    name: "subscribes to a topic that forges lines of a log",
    attack: (peer) => peer.text(subscribe(`direct:${ESCAPES}`)),
    peerSees: ["served"],
    operatorSees: [
      `hostile onError RefusedError: Cannot subscribe hostile to direct:${ESCAPED}: it addresses another peer`,
    ],
  },
  {
    name: "publishes to a topic of 1 MB",
    hub: { options: { backpressureLimit: 8 * MIB } },
    attack: (peer) => peer.text(json("n", "x".repeat(MIB - 100))),
    peerSees: ["served"],
    operatorSees: [],
    othersHear: [`n:${"x".repeat(MIB - 100)}`],
  },
  {
    // More than the default for what may wait for a subscriber: with that, those
    // who do not take it as fast as it comes would be put out.
    name: "publishes 1.5 MB at once",
    hub: { options: { backpressureLimit: 8 * MIB } },
    async attack(peer) {
      const text = json("n", "", "x".repeat(300_000));
      for (let i = 0; i < 5; i++) await peer.text(text);
    },
    peerSees: ["served"],
    operatorSees: [],
    othersHear: Array.from({ length: 5 }, () => "n"),
  },
  {
    name: "publishes what authorizePublish refuses",
    hub: { authorizePublish: "refuses" },
    async attack(peer) {
      for (let i = 0; i < 50; i++) await peer.text(json("n", "secret", i));
    },
    peerSees: ["served"],
    operatorSees: Array.from(
      { length: 50 },
      () =>
        "hostile onError RefusedError: Cannot publish n:secret of hostile: authorizePublish refused it",
    ),
  },
  {
    name: "publishes to a refused topic of 1 MB",
    hub: { authorizePublish: "refuses" },
    attack: (peer) => peer.text(json("n", "x".repeat(MIB - 100))),
    peerSees: ["served"],
    operatorSees: [
      `hostile onError RefusedError: Cannot publish n:${
        "x".repeat(77)
      }… of hostile: authorizePublish refused it`,
    ],
  },
  {
    name: "publishes to a refused topic that forges lines of a log",
    hub: { authorizePublish: "refuses" },
    attack: (peer) => peer.text(json("n", ESCAPES)),
    peerSees: ["served"],
    operatorSees: [
      `hostile onError RefusedError: Cannot publish n:${ESCAPED} of hostile: authorizePublish refused it`,
    ],
  },
  {
    name: "publishes what a schema refuses, to forge lines of a log",
    attack: (peer) => peer.text(json("strict", ESCAPES, { [ESCAPES]: 1 })),
    peerSees: ["served"],
    operatorSees: [
      `pubsub onError PayloadError: Cannot deliver strict:${ESCAPED}: payload.${ESCAPED}: it is wrong`,
    ],
  },
  {
    // A type that starts with `direct` is no other than any; so peers write to
    // each other. `authorizePublish` is there for who wants less.
    name: "writes to direct:<somebody else>",
    attack: (peer, _turn, victim) => peer.text(json("direct", victim, "psst")),
    peerSees: ["served"],
    operatorSees: [],
    othersHear: ["direct:subscriber"],
  },
  {
    name: "nests a payload 100 000 levels deep",
    hub: { options: { backpressureLimit: 8 * MIB } },
    async attack(peer) {
      const deep = "[".repeat(100_000) + "]".repeat(100_000);
      for (const id of ["inspect", "stringify", "clone"]) {
        await peer.text(`{"type":"n","id":"${id}","payload":${deep}}`);
      }
      await peer.text(`{"type":"checked","id":"","payload":${deep}}`);
    },
    peerSees: ["served"],
    operatorSees: [
      // Of the hub's own listeners, one of which clones it.
      "nobody onError RangeError: Maximum call stack size exceeded",
      "pubsub onError RangeError: Maximum call stack size exceeded",
    ],
    othersHear: ["n:inspect", "n:stringify", "n:clone", "checked"],
  },
  {
    name: "sends 1 MiB of escapes",
    hub: { options: { backpressureLimit: 8 * MIB } },
    attack: (peer) =>
      peer.text(
        `{"type":"n","id":"stringify","payload":"${
          "\\u0001".repeat((MIB - 50) / 6)
        }"}`,
      ),
    peerSees: ["served"],
    operatorSees: [],
    othersHear: ["n:stringify"],
  },
  {
    name: "publishes faster than it may",
    hub: { options: { maxMessagesPerSecond: 100 } },
    async attack(peer) {
      const text = json("flood", "", "x".repeat(1000));
      for (let i = 0; i < 5000; i++) await peer.text(text);
    },
    ...expelled("over 100 messages per second"),
  },
];

/** How much is sent behind a hook that never answers: more than may wait. */
const behindHook = async (
  peer: { text(text: string): Promise<void> },
) => {
  for (let i = 0; i < 400; i++) {
    await peer.text(json("n", String(i), "x".repeat(64 * 1024)));
  }
};

const RECEIVE_WINDOW = 4 * MIB;

export const hookRows: readonly Row[] = [
  {
    name: "publishes on and on behind an authorizePublish that never answers",
    on: "iroh",
    hub: { authorizePublish: "never answers" },
    attack: behindHook,
    // The hub does not read on: what is too much waits at the peer.
    peerSees: ["stalled"],
    operatorSees: [],
    mayHold: RECEIVE_WINDOW,
  },
  {
    name: "publishes on and on behind an authorizePublish that never answers",
    on: "WebSocket",
    hub: { authorizePublish: "never answers" },
    attack: behindHook,
    // Server sockets cannot be told to wait.
    peerSees: ["1013 too much at once", "lost"],
    operatorSees: [
      "hostile onError RefusedError: Cannot keep connection of hostile: over 12568576 bytes wait for a hook",
      "hostile onDisconnection 1013 too much at once",
    ],
  },
];
