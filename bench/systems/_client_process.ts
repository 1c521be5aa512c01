// A client in a process of its own, which publishes or counts what comes.
// Arguments: of which system, and the address of its server.

import process from "node:process";
import { answer, say } from "../../tests/_line_process.ts";
import { deferred } from "../../_deferred.ts";
import { type Message, messageEvent } from "../_events.ts";
import type { EventEnvelope } from "../../mod.ts";
import { loadSystem, type SystemId } from "./_systems.ts";

/** What is asked for: the JSON of one envelope has `bytes` bytes. */
export interface Publishing {
  readonly count: number;
  readonly bytes: number;
  /** After so many, the barrier before has to be answered. */
  readonly perBarrier: number;
}

/** What came: a sum that only reading it gives. */
export interface Came {
  events: number;
  sum: number;
}

/** What a client subscribes to that is not told. */
const TOPICS = ["message.sent"];
/** So many differ: an application has them when it publishes them. */
const MEMORY_BYTES = 4 * 1024 * 1024;

const [, , id, address = ""] = process.argv;
const system = await loadSystem(id as SystemId);
const client = await system.connect(address);

let made: { bytes: number; envelopes: EventEnvelope<string, Message>[] } = {
  bytes: 0,
  envelopes: [],
};
let events = 0;
let sum = 0;
let expected = Infinity;
let allCame = deferred<void>();

say({ ready: true });
await answer({
  /** Makes the events, and gives what they come to. */
  prepare({ count, bytes }: Publishing): Came {
    if (made.bytes !== bytes) {
      const length = Math.ceil(MEMORY_BYTES / bytes);
      made = { bytes, envelopes: eventsOf(length, bytes) };
    }
    let sum = 0;
    for (let i = 0; i < count; i++) sum += partOf(envelopeAt(i));
    return { events: count, sum };
  },

  async publish({ count, perBarrier }: Publishing): Promise<void> {
    let before = Promise.resolve();
    for (let i = 0; i < count;) {
      const end = Math.min(count, i + perBarrier);
      for (; i < end; i++) client.publish(envelopeAt(i));
      const barrier = client.barrier();
      await before;
      before = barrier;
    }
    await before;
  },

  async subscribe(topics: readonly string[] = TOPICS): Promise<void> {
    await Promise.all(topics.map((topic) => client.subscribe(topic, onEvent)));
  },

  async unsubscribe(topics: readonly string[]): Promise<void> {
    await Promise.all(
      topics.map((topic) => client.unsubscribe!(topic)),
    );
  },

  /** Gives what came once it is so many. */
  async receive(count: number): Promise<Came> {
    expected = count;
    if (events < count) await allCame.promise;
    const came = { events, sum };
    events = sum = 0;
    expected = Infinity;
    allCame = deferred();
    return came;
  },
});

function onEvent(envelope: EventEnvelope): void {
  events++;
  sum += partOf(envelope as EventEnvelope<string, Message>);
  if (events === expected) allCame.resolve();
}

function envelopeAt(i: number): EventEnvelope<string, Message> {
  return made.envelopes[i % made.envelopes.length]!;
}

function partOf({ payload }: EventEnvelope<string, Message>): number {
  return payload.seq + payload.text.length;
}

function eventsOf(
  count: number,
  bytes: number,
): EventEnvelope<string, Message>[] {
  const rest = JSON.stringify(messageEvent(0, 0).detail).length;
  return Array.from(
    { length: count },
    (_, n) => messageEvent(n, bytes - rest).detail,
  );
}
