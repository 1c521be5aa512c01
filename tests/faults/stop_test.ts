// Processes that are stopped (SIGSTOP): their sockets are open, and they say
// nothing. Then they go on (SIGCONT).

import assert from "node:assert/strict";
import { createEvent, PubSubError } from "../../mod.ts";
import type { SpokeStatus } from "../../websocket_client.ts";
import type { HubConnection, HubFault } from "../../websocket_server.ts";
import { figure } from "../_length.ts";
import { envelopesOn, Log } from "../_waiting.ts";
import { Crowd } from "./_crowd.ts";
import { COMES_BACK, nextStatus, SOON, testOnTransports } from "./_stage.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const LIMIT = SOON.pingInterval + SOON.pingTimeout;

testOnTransports(
  "a stopped hub is found by its spokes, and come back to",
  async (stage) => {
    const hub = await stage.serving();
    using crowd = await Crowd.join(stage, hub, 2, COMES_BACK);
    await crowd.isWhole(hub);
    const losses = crowd.members.map(({ statuses }) =>
      nextStatus(statuses, "reconnecting")
    );
    const stopped = performance.now();
    hub.stop();
    const times = await Promise.all(losses.map(async (loss) => {
      const { error } = await loss;
      assert(error instanceof PubSubError);
      assert.equal(error.code, "PING_TIMEOUT");
      return performance.now() - stopped;
    }));
    for (const { spoke } of crowd.members) {
      assert.equal(spoke.state, "reconnecting");
    }
    hub.continue();
    await crowd.isWhole(hub);
    await hub.holds(crowd.members.length); // The connections of before are gone.
    crowd.assertOrdered();
    figure("stopped hub found", {
      transport: stage.transport.name,
      ms: Math.max(...times),
      pingInterval_and_pingTimeout_ms: LIMIT,
    });
  },
);

testOnTransports(
  "a stopped hub ends a spoke that may not come back",
  async (stage) => {
    const hub = await stage.serving();
    const statuses = new Log<SpokeStatus>();
    const spoke = await stage.ends.spoke(hub.address, {
      ...SOON,
      reconnect: false,
      onStatus: statuses.add,
    });
    await spoke.flush();
    hub.stop();
    const error = await spoke.closed;
    assert(error instanceof PubSubError);
    assert.equal(error.code, "PING_TIMEOUT");
    assert(
      statuses.all.some((one) => one.type === "error" && one.error === error),
    );
  },
);

testOnTransports(
  "a stopped spoke is dropped by its hub, and comes back",
  async (stage) => {
    const faults = new Log<HubFault>();
    const connected = new Log<HubConnection>();
    const ended = new Log<{ id: string; reason: string }>();
    const hub = await stage.ends.hub({
      ...SOON,
      onError: faults.add,
      onConnection: connected.add,
      onDisconnection: ({ id }, { reason }) => ended.add({ id, reason }),
    });
    const other = await stage.ends.spoke(hub.address);
    const process = stage.process("_spoke_process.ts", {
      address: hub.address,
      options: COMES_BACK,
    });
    const id = (await process.saying("serving")).serving as string;
    const answers = envelopesOn(hub, "answered");
    hub.dispatchEvent(createEvent("asked", "", "before"));
    await answers.count(1);

    const stopped = performance.now();
    process.stop();
    assert.deepEqual(await ended.count(1), [{ id, reason: "ping timeout" }]);
    const found = performance.now() - stopped;
    assert.equal((faults.all[0]!.error as PubSubError).code, "PING_TIMEOUT");
    assert.deepEqual([...hub.connections].map(({ id }) => id), [other.id]);
    hub.dispatchEvent(createEvent("asked", "", "meanwhile"));
    await other.flush();

    process.continue();
    // The last of the statuses that it says.
    await process.said.find(() => {
      const states = process.said.all.map((line) => Object.keys(line)[0]);
      return states.lastIndexOf("open") > states.indexOf("reconnecting") &&
        states.includes("reconnecting");
    });
    hub.dispatchEvent(createEvent("asked", "", "after"));
    await answers.count(2);
    assert.deepEqual(answers.all.map(({ payload }) => payload), [
      "before",
      "after",
    ]);
    assert.deepEqual([connected.all.at(-1)!.id, hub.connections.size], [id, 2]);
    figure("stopped spoke found", {
      transport: stage.transport.name,
      ms: found,
      pingInterval_and_pingTimeout_ms: LIMIT,
    });
  },
);
