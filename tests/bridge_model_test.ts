// Random events of random peers on several hubs, against a model that says who
// gets what.

import assert from "node:assert/strict";
import { createEvent, topicOf } from "../mod.ts";
import type { SpokeEventTarget } from "../websocket_client.ts";
import { testOnMakes } from "./_bridges.ts";
import { randomOf } from "./_random.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const SEED = 20_261_126;
const EVENTS = 2_000;
/** Between two of them everything comes to rest, and subscriptions change. */
const STRETCH = 250;
const TYPES = ["said", "done", "said.loud"];
const IDS = ["", "1", "2", "a:b", "*", "1.2"];

/** A peer, and what it got of whom by which topic. */
interface Listening {
  readonly peer: SpokeEventTarget;
  readonly listeners: Map<string, () => void>;
  readonly got: string[];
  /** By the model. */
  readonly due: string[];
}

testOnMakes(
  "every event comes exactly once to exactly those who subscribed to it",
  async (stage, [webSocket, iroh]) => {
    const random = randomOf(SEED);
    const sites = [
      await stage.linked(webSocket),
      await stage.linked(iroh),
      await stage.linked(webSocket),
    ];
    const peers: Listening[] = [];
    for (const i of [0, 0, 1, 1, 2, 2]) {
      const peer = await sites[i]!.peer();
      peers.push({ peer, listeners: new Map(), got: [], due: [] });
    }
    const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
    const someTopic = () => topicOf({ type: pick(TYPES), id: pick(IDS) });
    for (let number = 0; number < EVENTS; number++) {
      if (number % STRETCH === 0) {
        await stage.settle();
        for (const one of peers) {
          for (let i = 0; i < 6; i++) change(one, someTopic());
        }
        // All know of it, also of what has ended.
        await stage.settle();
      }
      const type = pick(TYPES);
      const id = pick(IDS);
      // One in eight by the application of a hub.
      const sayer = random(8) === 0 ? undefined : pick(peers);
      const target = sayer?.peer ?? pick(sites).hub;
      target.dispatchEvent(createEvent(type, id, number));
      for (const one of peers) {
        if (one === sayer) continue;
        for (const topic of new Set([type, topicOf({ type, id })])) {
          if (one.listeners.has(topic)) one.due.push(`${topic} ${number}`);
        }
      }
    }
    await stage.settle();
    let total = 0;
    for (const { got, due } of peers) {
      assert.deepEqual(got.sort(), due.sort());
      total += due.length;
    }
    assert.ok(total > EVENTS, String(total));
    assert.deepEqual(stage.faults.all, []);
  },
);

/** Begins to listen on a topic, or ends it. */
function change({ peer, listeners, got }: Listening, topic: string): void {
  const stop = listeners.get(topic);
  if (stop) {
    stop();
    listeners.delete(topic);
    return;
  }
  const listener = ({ detail }: { detail: { payload: unknown } }) =>
    void got.push(`${topic} ${detail.payload}`);
  peer.addEventListener(topic, listener);
  listeners.set(topic, () => peer.removeEventListener(topic, listener));
}
