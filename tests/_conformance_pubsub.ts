// `createPubSub` over a transport: publish at one end, `for await` at the other.

import assert from "node:assert/strict";
import { createPubSub } from "../mod.ts";
import { envelope, type Scenario } from "./_conformance_wire.ts";

export const pubsubScenarios: readonly Scenario[] = [
  {
    name: "what is published at one end is iterated over at the other",
    async run({ here, far, hub }) {
      const pubsub = createPubSub({ eventTarget: here });
      const room = pubsub.subscribe("message.sent", "room-1");
      const all = pubsub.subscribe("message.sent");
      await here.flush();
      const sent = [1, 2, 3, 4].map((n) =>
        envelope("message.sent", n === 2 ? "room-2" : "room-1", { n })
      );
      await far.publish(sent);
      const inRoom: unknown[] = [];
      for await (const envelope of room) {
        if (inRoom.push(envelope) === 3) break;
      }
      assert.deepEqual(inRoom, sent.filter(({ id }) => id === "room-1"));
      const everywhere: unknown[] = [];
      for await (const envelope of all) {
        if (everywhere.push(envelope) === 4) break;
      }
      assert.deepEqual(everywhere, sent);
      await here.flush();
      if (hub) assert.deepEqual(hub.topics(), []);
    },
  },
  {
    name: "what arrives is iterated over while more is on its way",
    async run({ here, far }) {
      const pubsub = createPubSub({ eventTarget: here });
      await using numbers = pubsub.subscribe("n", "", { bufferSize: 1 });
      await here.flush();
      for (let n = 0; n < 20; n++) {
        const next = numbers.next();
        await far.publish([envelope("n", "", n)]);
        assert.deepEqual(await next, {
          value: envelope("n", "", n),
          done: false,
        });
      }
    },
  },
  {
    name: "closing the target ends the loop, behind what has arrived",
    async run({ here, far }) {
      const pubsub = createPubSub({ eventTarget: here });
      const numbers = pubsub.subscribe("n");
      await here.flush();
      const sent = [1, 2, 3].map((n) => envelope("n", String(n)));
      await far.publish(sent);
      await far.flush();
      await here.close();
      assert.deepEqual(await Array.fromAsync(numbers), sent);
      assert.deepEqual(await Array.fromAsync(pubsub.subscribe("n")), []);
      assert.throws(() => pubsub.publish("n", "", null), {
        name: "ClosedError",
      });
    },
  },
];
