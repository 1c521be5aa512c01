// What a client of a hub can see of it.

import assert from "node:assert/strict";
import { createPubSub } from "../mod.ts";
import {
  envelope,
  listen,
  type Scenario,
  type Traits,
} from "./_conformance_wire.ts";

const isClient = ({ isClient }: Traits) => isClient === true;

export const hubScenarios: readonly Scenario[] = [
  {
    name: "many listeners and subscriptions cost the hub one topic",
    where: isClient,
    async run({ here, far, hub }) {
      const topics = async () => {
        await here.flush();
        return hub!.topics().toSorted();
      };
      assert.deepEqual(await topics(), []);
      const pubsub = createPubSub({ eventTarget: here });
      const listeners = Array.from({ length: 20 }, () => () => {});
      const subscriptions = listeners.map(() => pubsub.subscribe("a", "1"));
      for (const listener of listeners) {
        here.addEventListener("a:1", listener);
        here.addEventListener("a:1", listener);
        here.addEventListener("a:1", listener, true);
      }
      assert.deepEqual(await topics(), ["a:1"]);
      here.addEventListener("a", listeners[0]!);
      assert.deepEqual(await topics(), ["a", "a:1"], "no topic for another");
      here.removeEventListener("a", listeners[0]!);

      for (const subscription of subscriptions) await subscription.return();
      for (const listener of listeners) {
        here.removeEventListener("a:1", listener);
      }
      assert.deepEqual(await topics(), ["a:1"], "those that capture are left");
      for (const listener of listeners.slice(1)) {
        here.removeEventListener("a:1", listener, true);
      }
      assert.deepEqual(await topics(), ["a:1"], "one is left");
      here.removeEventListener("a:1", listeners[0]!, true);
      assert.deepEqual(await topics(), []);
      await far.dispatch([envelope("a", "1")]);
      await far.flush();
    },
  },
  {
    name: "the hub forgets what once, a signal and a loop end",
    where: isClient,
    async run({ here, far, hub }) {
      const topics = async () => {
        await here.flush();
        return hub!.topics().toSorted();
      };
      const controller = new AbortController();
      const { signal } = controller;
      const heard: string[] = [];
      const listener = ({ type }: Event) => heard.push(type);
      here.addEventListener("once", listener, { once: true });
      here.addEventListener("signal", listener, { signal });
      here.addEventListener("aborted", listener, {
        signal: AbortSignal.abort(),
      });
      here.addEventListener("null", null);
      here.addEventListener("__ping", listener);
      here.addEventListener("", listener);
      const loop = createPubSub({ eventTarget: here }).subscribe("loop");
      assert.deepEqual(await topics(), ["loop", "once", "signal"]);
      await far.dispatch(
        ["once", "once", "loop"].map((type) => envelope(type)),
      );
      await far.flush();
      assert.deepEqual(await topics(), ["loop", "signal"]);
      for await (const { type } of loop) {
        heard.push(type);
        break;
      }
      controller.abort();
      assert.deepEqual(await topics(), []);
      assert.deepEqual(heard, ["once", "loop"]);
    },
  },
  {
    name: "direct: reaches one peer alone",
    where: isClient,
    async run({ here, far, hub }) {
      const { id } = hub!;
      const other = await hub!.connect();
      const heard = listen(here, `direct:${id}`);
      const foreign = [`direct:${id}`, `direct:${id}:x`, "direct"];
      const stolen = listen(other, ...foreign);
      await Promise.all([here.flush(), other.flush()]);
      assert.deepEqual(
        hub!.takeErrors().map((error) => String(error).replace(/.*: /s, "")),
        foreign.map(() => "it addresses another peer"),
      );
      await far.dispatch([
        envelope("direct", id, "mine"),
        envelope("direct", `${id}:x`, "nobody's"),
        envelope("direct", "", "anybody's"),
      ]);
      await far.flush();
      await other.flush();
      assert.deepEqual(heard, [envelope("direct", id, "mine")]);
      assert.deepEqual(stolen, []);
    },
  },
];
