// Messages of anybody into a live hub, in volume: sockets whose server has
// handlers, as Bun's, so that nothing but the hub takes time.

import assert from "node:assert/strict";
import * as fc from "fast-check";
import { deferred } from "../../_deferred.ts";
import { createEvent } from "../../envelope.ts";
import {
  createWebSocketServerEventTarget,
  type HubConnection,
  type HubFault,
  type WebSocketServerEventTarget,
} from "../../websocket_server.ts";
import { END_PING, END_PONG, hostileMessage } from "./_hostile.ts";
import { assertTold, HUB_LIMITS, PeerModel } from "./_hub_model.ts";
import { asyncProperty } from "./_property.ts";

/** A server's socket that keeps what it is given. */
class HandledSocket {
  readyState = 1;
  readonly sent: string[] = [];
  readonly closed = deferred<number | undefined>();
  #answered = deferred<boolean>();

  getBufferedAmount(): number {
    return 0;
  }

  send(text: string): number {
    assert.equal(this.readyState, 1, "nothing is sent after the end");
    if (text === END_PONG) this.#answered.resolve(true);
    else this.sent.push(text);
    return text.length;
  }

  /**
   * Waits until the hub has worked off all that came, or has closed it.
   *
   * @returns Whether it is still served.
   */
  async isServed(hub: WebSocketServerEventTarget): Promise<boolean> {
    this.#answered = deferred();
    hub.handleMessage(this, END_PING);
    const closed = this.closed.promise.then(() => false);
    return await Promise.race([this.#answered.promise, closed]);
  }

  close(code?: number): void {
    this.readyState = 3;
    this.closed.resolve(code);
  }
}

const envelope = ({ type, id, payload }: {
  type: string;
  id: string;
  payload: unknown;
}) => JSON.stringify([type, id, payload]);

/** A hub, a healthy peer, and one that sends whatever it likes. */
export const hubMessages = asyncProperty({
  name: "hub-messages",
  runs: 10_000,
  arbitrary: fc.tuple(
    // So many of the messages come before the hub has admitted the peer.
    fc.nat(60),
    fc.array(hostileMessage, { minLength: 1, maxLength: 60, size: "max" }),
  ),
  async check([early, messages]) {
    const faults: HubFault[] = [];
    const admitted: HubConnection[] = [];
    const hub = createWebSocketServerEventTarget({
      ...HUB_LIMITS,
      pingInterval: 0,
      // Nobody answers the ping that closing waits for.
      pingTimeout: 1,
      relay: true,
      onError: (fault) => faults.push(fault),
      onConnection: (connection) => admitted.push(connection),
    });
    const heard: string[] = [];
    for (const type of ["a", "b.c", "__proto__", "constructor"]) {
      hub.addEventListener(type, ({ detail }) => heard.push(envelope(detail)));
    }
    const healthy = new HandledSocket();
    const bad = new HandledSocket();
    hub.addConnection(healthy, { id: "healthy" });
    hub.addConnection(bad, { id: "peer" });
    hub.handleMessage(
      healthy,
      '{"type":"__subscribe","id":"","payload":{"topic":"a"}}',
    );
    const peer = new PeerModel("peer");
    for (const [i, one] of messages.entries()) {
      if (i === early) await bad.isServed(hub);
      hub.handleMessage(bad, one);
      peer.take(one);
    }
    assert.equal(await bad.isServed(hub), peer.code === undefined, "served");
    assert.ok(await healthy.isServed(hub));

    if (peer.code !== undefined) {
      const code = await bad.closed.promise;
      assert.equal(code, peer.code);
      hub.handleClose(bad, code!);
      assert.equal(hub.connections.size, 1);
      assert.equal(admitted[1]!.topics.size, 0, "no topics are left of it");
    } else {
      assert.equal(bad.readyState, 1);
      assert.deepEqual(admitted[1]!.topics, peer.topics);
      assert.equal(hub.connections.size, 2);
    }
    assertTold(faults, peer);
    for (const { connection } of faults) assert.equal(connection?.id, "peer");
    const pongs = bad.sent.filter((text) => text.includes('"__pong"'));
    assert.deepEqual(pongs.map((text) => JSON.parse(text).id), peer.pongs);
    assert.equal(pongs.length, bad.sent.length, "and nothing else came");
    const expected = peer.events.map(envelope).filter((text) =>
      /^\["(a|b\.c|__proto__|constructor)",/.test(text)
    );
    assert.deepEqual(heard, expected);
    assert.deepEqual(
      healthy.sent.map((text) => envelope(JSON.parse(text))),
      expected.filter((text) => text.startsWith('["a"')),
    );

    // An event goes round: from the hub to the healthy one, and the other way.
    hub.dispatchEvent(createEvent("a", "round", 1));
    assert.equal(JSON.parse(healthy.sent.at(-1)!).id, "round");
    const before = heard.length;
    hub.handleMessage(healthy, '{"type":"b.c","id":"round","payload":2}');
    assert.equal(heard.length, before + 1);
    hub.removeConnection(bad);
    hub.removeConnection(healthy);
    assert.equal(hub.connections.size, 2 - Number(peer.code !== undefined));
    await hub.close();
    return peer.taken;
  },
});
