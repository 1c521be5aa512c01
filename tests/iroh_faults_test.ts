// Links that are idle, handshakes that never end and peers that vanish, on both
// bindings. What happens to processes that are killed is in `faults`.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createEvent } from "../mod.ts";
import type { SpokeStatus } from "../iroh_spoke.ts";
import { inDeno } from "./_line_process.ts";
import { outputOf } from "./_output.ts";
import { addressAt } from "./_raw_peer.ts";
import { testOnBindings } from "./_setting.ts";
import { UdpProxy } from "./_udp_proxy.ts";
import { envelopesOn, Log } from "./_waiting.ts";

const script = fileURLToPath(new URL("_leaving_process.ts", import.meta.url));

testOnBindings("an idle link stays, pinged", async (setting) => {
  const statuses = new Log<SpokeStatus>();
  const hub = await setting.hub({ pingInterval: 20, pingTimeout: 2000 });
  const spoke = await setting.spoke(hub.on, {
    pingInterval: 20,
    pingTimeout: 2000,
    onStatus: statuses.add,
  });
  // Some rounds of pings, counted by what else the process does meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await spoke.flush();
  assert.deepEqual(statuses.all.map(({ type }) => type), [
    "connecting",
    "open",
  ]);
});

testOnBindings(
  "handshakes that never end keep nobody out",
  async (setting) => {
    const on = await setting.endpoint();
    const hub = await setting.hub({ on });
    await using proxy = await UdpProxy.open(on.port);
    const reached = new Log<string>();
    proxy.passes = (towards) => {
      reached.add(towards);
      return towards === "server"; // The hub's answers never arrive.
    };
    const stuck: Promise<unknown>[] = [];
    for (let i = 0; i < 3; i++) {
      const client = await setting.endpoint();
      const address = await addressAt(client.endpoint, on.nodeId, proxy.port);
      const dialling: Promise<unknown> = setting.spoke({ address }, {
        on: client,
        connectTimeout: 300,
      });
      stuck.push(dialling.catch((error) => error));
      await reached.find(() =>
        reached.all.filter((towards) => towards === "client").length > i
      );
    }
    for (const error of await Promise.all(stuck)) {
      assert.match(String(error), /no answer in 300 ms/);
    }
    await addressAt(on.endpoint, on.nodeId, on.port); // DNS tells the truth.
    const spoke = await setting.spoke(on);
    await spoke.flush();
    assert.equal(hub.connections.size, 1);
  },
);

testOnBindings("a process that closed all it opened ends", async (setting) => {
  for (const order of ["spoke first", "hub first"]) {
    const { code, stdout, stderr } = await outputOf(
      [...inDeno(), script, setting.binding.name, order],
      { signal: AbortSignal.timeout(25_000) }, // QUIC gives up after 30 s.
    );
    assert.equal(stdout, "goodbye\n");
    assert.equal(code, 0, stderr);
  }
});

testOnBindings(
  "a peer that vanishes mid-frame harms nobody",
  async (setting) => {
    const ended = new Log<number | undefined>();
    const hub = await setting.hub({
      onDisconnection: (_connection, { code }) => ended.add(code),
    });
    const spoke = await setting.spoke(hub.on);
    const atHub = envelopesOn(hub, "a");
    const peer = await setting.rawPeer(hub.on);
    await peer.flush();
    await peer.write(Uint8Array.from([0, 0, 1, 0, 123]));
    peer.close();
    await ended.count(1);
    spoke.dispatchEvent(createEvent("a", "", null));
    await spoke.flush();
    assert.equal(atHub.all.length, 1);
  },
);
