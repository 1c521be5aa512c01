/**
 * A target with many topics subscribed, and events for them. Arguments: which
 * target, how many topics.
 */

import {
  createEvent,
  createInProcessEventTarget,
  type TypedEventTarget,
} from "../../mod.ts";
import { type MessageEvent, messageEvent } from "../_events.ts";
import { questions, say } from "../_process.ts";
import { Clients, roomTopic } from "./_clients.ts";
import { frameBytes, serve } from "./_server.ts";
import type { Question, TargetName } from "./_topics.ts";

/** All have the same length. */
const FIRST_ROOM = 1_000_000;
/** Events before all are waited for. */
const BARRIER = 500;

function roomEvent(n: number, room: number): MessageEvent {
  const { payload } = messageEvent(n).detail;
  // As long as every other event: the name of the room is longer.
  const text = payload.text.slice(4);
  return createEvent("message.sent", `room-${room}`, { ...payload, text });
}

/** A whole number below `n`, the same ones in every run. */
function random(): (n: number) => number {
  let state = 1;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * n);
  };
}

interface Target {
  dispatch(event: MessageEvent): void;
  /** Resolves when all of so many events have come, since the start. */
  received(events: number): Promise<void>;
}

async function hubWith(topics: number): Promise<Target> {
  const { port, ways } = await serve("hub");
  const { send, bytes } = ways["hub"]!;
  const clients = new Clients("pubsub", port);
  await clients.connect(1);
  const all = { from: 0, subscribe: topics, first: FIRST_ROOM, own: true };
  await clients.subscribe(all);
  if (bytes !== frameBytes(JSON.stringify(roomEvent(0, FIRST_ROOM).detail))) {
    throw new Error("Events differ in length");
  }
  return {
    dispatch: send,
    received: (events) => clients.receive(events * bytes),
  };
}

function inProcessWith(topics: number): Target {
  const target = createInProcessEventTarget<MessageEvent>();
  const { listener, received } = counting();
  const listeners: TypedEventTarget<MessageEvent> = target;
  for (let i = 0; i < topics; i++) {
    const topic = roomTopic(FIRST_ROOM + i) as `message.sent:${string}`;
    listeners.addEventListener(topic, listener);
  }
  return { dispatch: (event) => void target.dispatchEvent(event), received };
}

function mapWith(topics: number): Target {
  const { listener, received } = counting();
  const listeners = new Map<string, () => void>();
  for (let i = 0; i < topics; i++) {
    listeners.set(roomTopic(FIRST_ROOM + i), listener);
  }
  return {
    dispatch: ({ detail }) => listeners.get(`${detail.type}:${detail.id}`)?.(),
    received,
  };
}

function counting() {
  let came = 0;
  return {
    listener: () => void came++,
    received(events: number): Promise<void> {
      if (came === events) return Promise.resolve();
      throw new Error(`${came} of ${events} events came`);
    },
  };
}

const targets: Record<TargetName, (n: number) => Target | Promise<Target>> = {
  hub: hubWith,
  "in-process": inProcessWith,
  map: mapWith,
};
const [name = "", count = ""] = Deno.args;
const topics = Number(count);
const target = await targets[name as TargetName](topics);
const next = random();
let sent = 0;
say("ready");
for await (const { events: n, spread } of questions<Question>()) {
  const one = next(topics);
  // An application has its events: they are no part of what is measured.
  const events = Array.from(
    { length: n },
    (_, i) => roomEvent(i, FIRST_ROOM + (spread ? next(topics) : one)),
  );
  const start = performance.now();
  for (let i = 0; i < n; i += BARRIER) {
    const batch = events.slice(i, i + BARRIER);
    for (const event of batch) target.dispatch(event);
    await target.received(sent += batch.length);
  }
  say(n / (performance.now() - start) * 1000);
}
Deno.exit();
