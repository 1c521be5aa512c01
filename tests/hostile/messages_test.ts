// One peer that says what none of ours would, against a hub that goes on serving
// the others. Each row says what the peer sees, what the operator sees, and what
// the hub may hold; what the others notice is nothing, in every row.

import { bindings } from "../_iroh.ts";
import { install, type Installation } from "../_installation.ts";
import { runtimes, Script } from "../_runtimes.ts";
import { testOnBindings } from "../_setting.ts";
import { denoServer, serverKinds, testOnServers } from "../_websocket.ts";
import { irohPeer, webSocketPeer } from "./_hostile_peer.ts";
import { relayStrangeEvents } from "./_hostile_relay.ts";
import { Stage } from "./_hostile_stage.ts";
import { assertWithin, showMemory, tryRow } from "./_hostile_trial.ts";
import type { Row, TransportName } from "./_hostile_types.ts";
import { rowsOn } from "./_rows.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const transports: { name: TransportName; unavailable: string | undefined }[] = [
  ...bindings,
  ...serverKinds.map(({ name }) => ({
    name: `WebSocket on ${name}` as const,
    unavailable: undefined,
  })),
];

/** One that means no harm, so that all is loaded and warm. */
const POLITE: Row = {
  name: "says hello",
  attack: (peer) => peer.text('{"type":"n","id":"clone","payload":"hello"}'),
  peerSees: ["served"],
  operatorSees: [],
  othersHear: ["n:clone"],
};

for (const { name, unavailable } of transports) {
  Deno.test({
    name: `${name}: what hostile peers say`,
    ignore: unavailable !== undefined,
    async fn(test) {
      await using stage = await Stage.open(name);
      const step = (title: string, fn: () => Promise<void>) =>
        // The whole test is looked after: its steps share what it holds.
        test.step({
          name: title,
          fn,
          sanitizeOps: false,
          sanitizeResources: false,
        });
      await tryRow(stage, name, POLITE);
      const before = await stage.memory();
      for (const row of rowsOn(name)) {
        await step(row.name, () => tryRow(stage, name, row));
      }
      await step("nothing stays of all of them", async () => {
        const after = await stage.memory();
        showMemory(`${name}: all of them`, before, after);
        assertWithin(before, after);
      });
    },
  });
}

testOnBindings("strange events reach everybody alike", async (setting) => {
  let address = "";
  await relayStrangeEvents({
    async hub(options) {
      const hub = await setting.hub(options);
      address = hub.on.address;
      return hub;
    },
    subscriber: () => setting.spoke({ address }),
    hostile: async () => irohPeer(await setting.endpoint(), address),
    scripts: () => [],
  });
});

let installation: Installation;
Deno.test.beforeAll(async () => {
  const script = new URL("./_hostile_subscriber.ts", import.meta.url);
  installation = await install([script]);
});
Deno.test.afterAll(async () => await installation[Symbol.asyncDispose]());

testOnServers(
  "strange events reach everybody alike, in every runtime",
  async (setting) => {
    // They do not differ by the server: once is enough for those that are slow.
    const subscribing = setting.kind === denoServer
      ? runtimes.filter(({ unavailable }) => unavailable === undefined)
      : [];
    let url = "";
    await relayStrangeEvents({
      async hub(options) {
        const hub = await setting.hub(options);
        url = hub.url;
        return hub;
      },
      subscriber: () => setting.client(url),
      hostile: () => webSocketPeer(url),
      scripts: () =>
        subscribing.map((runtime) => {
          const script = new Script(
            runtime,
            installation.path("_hostile_subscriber.js"),
            { PUBSUB_TEST_URL: url },
          );
          setting.defer(() => script[Symbol.asyncDispose]());
          return script;
        }),
    });
  },
);
