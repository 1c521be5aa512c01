// A peer that is killed (SIGKILL) in the middle of what it sends.

import assert from "node:assert/strict";
import { CloseCode, createEvent, type PubSubError } from "../../mod.ts";
import type { HubConnection, HubFault } from "../../websocket_server.ts";
import { figure } from "../_length.ts";
import { envelopesOn, Log } from "../_waiting.ts";
import { SOON, testOnTransports } from "./_stage.ts";

Deno.test.sanitizer({ ops: true, resources: true });

testOnTransports(
  "a peer killed in the middle of a frame is gone, and harms nobody",
  async (stage) => {
    const { tellsOfDeath, name } = stage.transport;
    // A WebSocket tells of whole messages alone: a peer that takes its time for
    // one is silent, and here it is to be killed before it is found so.
    const pings = tellsOfDeath
      ? { pingInterval: 10_000, pingTimeout: 10_000 }
      : SOON;
    const faults = new Log<HubFault>();
    const connected = new Log<HubConnection>();
    const ended = new Log<{ gone: HubConnection; code: number | undefined }>();
    const hub = await stage.ends.hub({
      ...pings,
      relay: true,
      onError: faults.add,
      onConnection: connected.add,
      onDisconnection: (gone, { code }) => ended.add({ gone, code }),
    });
    const other = await stage.ends.spoke(hub.address);
    const atHub = envelopesOn(hub, "numbered");
    const atOther = envelopesOn(other, "numbered");
    await other.flush();
    const process = stage.process("_half_frame_process.ts", {
      address: hub.address,
    });
    await process.saying("written");
    const peer = connected.all[1]!;
    assert.deepEqual([...peer.topics], ["numbered"]);
    assert.deepEqual([ended.all, faults.all], [[], []]);

    const killed = performance.now();
    await process.kill();
    const [{ gone, code } = {}] = await ended.count(1);
    const removed = performance.now() - killed;
    assert.equal(gone, peer);
    assert.equal(peer.topics.size, 0);
    assert.deepEqual([...hub.connections].map(({ id }) => id), [other.id]);
    // A connection that breaks is no fault of the peer; silence is.
    assert.equal(code, tellsOfDeath ? undefined : CloseCode.GOING_AWAY);
    const codes = faults.all.map(({ error }) => (error as PubSubError).code);
    assert.deepEqual(codes, tellsOfDeath ? [] : ["PING_TIMEOUT"]);
    assert(faults.all.every(({ connection }) => connection === peer));

    hub.dispatchEvent(createEvent("numbered", "", "of the hub"));
    other.dispatchEvent(createEvent("numbered", "", "of the other"));
    await atOther.count(1);
    await other.flush();
    assert.deepEqual(atHub.all.map(({ payload }) => payload), ["of the other"]);
    assert.deepEqual(atOther.all.map(({ payload }) => payload), ["of the hub"]);
    figure("peer killed in the middle of a frame, removed", {
      transport: name,
      ms: removed,
      pingInterval_and_pingTimeout_ms: pings.pingInterval + pings.pingTimeout,
    });
  },
);
