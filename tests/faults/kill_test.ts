// Hubs that are killed (SIGKILL) while everybody talks.

import assert from "node:assert/strict";
import { createEvent, PubSubError } from "../../mod.ts";
import type { SpokeStatus } from "../../websocket_client.ts";
import { figure, lengthOf, percentile } from "../_length.ts";
import { envelopesOn, Log } from "../_waiting.ts";
import { Crowd, isSubscribed } from "./_crowd.ts";
import { COMES_BACK, nextStatus, testOnTransports } from "./_stage.ts";

Deno.test.sanitizer({ ops: true, resources: true });

testOnTransports("all come back to a hub killed under load", async (stage) => {
  const { name, keepsPort } = stage.transport;
  // `@rayhanadev/iroh` needs 4 to 6 s each time, the others half a second.
  const kills = lengthOf({ short: keepsPort ? 3 : 1, full: 100 });
  let hub = await stage.serving();
  using crowd = await Crowd.join(stage, hub, 4, COMES_BACK);
  await crowd.isWhole(hub);
  const sinceListening: number[] = [];
  const sinceKill: number[] = [];
  for (let i = 0; i < kills; i++) {
    const next = await stage.hubProcess(); // Loads while the other one serves.
    await crowd.hearsAll(10);
    const killed = performance.now();
    await hub.kill();
    await stage.serve(next);
    const listening = performance.now();
    await crowd.isWhole(next);
    sinceListening.push(performance.now() - listening);
    sinceKill.push(performance.now() - killed);
    hub = next;
  }
  crowd.assertOrdered();
  figure("kill recovery", {
    transport: name,
    kills,
    median_ms: percentile(sinceListening, 0.5),
    p99_ms: percentile(sinceListening, 0.99),
    since_kill_median_ms: percentile(sinceKill, 0.5),
    since_kill_p99_ms: percentile(sinceKill, 0.99),
    sent: crowd.sent,
    heard: crowd.heard,
  });
});

testOnTransports(
  "a killed hub is noticed, and come back to with every topic",
  async (stage) => {
    const { name, keepsPort, tellsOfDeath } = stage.transport;
    let hub = await stage.hubProcess();
    await hub.listen(0); // No port is kept for it: it may move.
    const statuses = new Log<SpokeStatus>();
    const spoke = await stage.ends.spoke(hub.address, {
      ...COMES_BACK,
      onStatus: statuses.add,
    });
    const other = await stage.ends.spoke(hub.address, COMES_BACK);
    const topics = Array.from({ length: 50 }, (_, i) => `topic:${i}`).sort();
    for (const topic of topics) spoke.addEventListener(topic, () => {});
    const heard = envelopesOn(other, "relayed");
    await isSubscribed(spoke, hub, topics);
    await isSubscribed(other, hub, ["relayed"]);

    const times: number[] = [];
    // `@rayhanadev/iroh` dials the dead address until it forgets it.
    const kills = keepsPort ? 1 : lengthOf({ short: 1, full: 20 });
    for (let i = 0; i < kills; i++) {
      const next = await stage.hubProcess();
      const lost = nextStatus(statuses, "reconnecting");
      await hub.kill();
      const { error } = await lost;
      assert(error instanceof PubSubError);
      const { code } = error;
      if (tellsOfDeath) assert.equal(code, "CONNECTION_LOST");
      else assert.equal(code, "PING_TIMEOUT", "QUIC would take 30 s");
      assert.equal(spoke.state, "reconnecting");
      spoke.dispatchEvent(createEvent("queued", "", null));

      await next.listen(hub.port);
      const listening = performance.now();
      await isSubscribed(spoke, next, topics);
      await isSubscribed(other, next, ["relayed"]);
      times.push(performance.now() - listening);
      spoke.dispatchEvent(createEvent("relayed", "", "back again"));
      await heard.count(i + 1);
      hub = next;
    }
    if (keepsPort) return;
    figure("kill recovery on another port", {
      transport: name,
      kills,
      median_ms: percentile(times, 0.5),
      p99_ms: percentile(times, 0.99),
    });
  },
);
