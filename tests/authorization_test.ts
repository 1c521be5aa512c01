// What the hooks of a hub promise, whatever they do: nothing passes before its
// check has, nothing passes at all when there was no clear yes.

import assert from "node:assert/strict";
import { ConnectError, createEvent } from "../mod.ts";
import type { HubFault, HubOptions } from "../websocket_server.ts";
import type { SpokeStatus } from "../websocket_client.ts";
import { connectionOf, testOnHubs } from "./_hubs.ts";
import { refusalOf } from "./_refusal.ts";
import { envelopesOn, Log } from "./_waiting.ts";
import { randomOf } from "./_random.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** A check that the test decides when it likes. */
interface Asked {
  readonly about: string;
  answer(allowed: boolean): void;
  fail(error: Error): void;
}

/** Checks that wait for the test. */
class Desk extends Log<Asked> {
  readonly ask = (about: string): Promise<boolean> =>
    new Promise((answer, fail) => this.add({ about, answer, fail }));
}

/** What a hook can give that is no clear yes. */
const boom = new Error("the database is gone");
const noes: Record<string, () => unknown> = {
  false: () => false,
  nothing: () => undefined,
  null: () => null,
  zero: () => 0,
  one: () => 1,
  text: () => "yes",
  object: () => ({}),
  "a Boolean object": () => new Boolean(true),
  throws: () => {
    throw boom;
  },
  "later false": () => Promise.resolve(false),
  "later nothing": () => Promise.resolve(),
  "later text": () => Promise.resolve("true"),
  rejects: () => Promise.reject(boom),
  "rejects with nothing": () => Promise.reject(),
  // A thenable that breaks its word.
  "throws when awaited": () => ({
    then() {
      throw boom;
    },
  }),
};

testOnHubs("only a clear yes lets a subscription pass", async (stage) => {
  const faults: HubFault[] = [];
  const hub = await stage.hub({
    onError: (fault) => faults.push(fault),
    authorizeSubscribe: ({ topic }) => {
      const name = topic.slice("t:".length);
      return name === "yes" || noes[name]!() as boolean;
    },
  });
  const peer = await stage.peer();
  const got: string[] = [];
  for (const name of [...Object.keys(noes), "yes"]) {
    peer.addEventListener(`t:${name}`, ({ detail }) => got.push(detail.id));
  }
  await peer.flush();
  assert.deepEqual([...connectionOf(hub, peer).topics], ["t:yes"]);
  for (const name of [...Object.keys(noes), "yes"]) {
    hub.dispatchEvent(createEvent("t", name, null));
  }
  await hub.flush();
  assert.deepEqual(got, ["yes"]);
  assert.equal(peer.state, "open", "a refusal is no reason to go");
  assert.deepEqual(
    faults.map(({ topic }) => topic),
    Object.keys(noes).map((name) => `t:${name}`),
  );
  for (const { error, connection, topic } of faults) {
    assert.equal(
      String(error),
      `RefusedError: Cannot subscribe ${peer.id} to ${topic}: authorizeSubscribe refused it`,
    );
    assert.equal(connection?.id, peer.id);
    const threw = /throws|rejects$/.test(topic!);
    assert.equal((error as Error).cause, threw ? boom : undefined);
  }
});

testOnHubs("only a clear yes lets an event pass", async (stage) => {
  const faults: HubFault[] = [];
  const hub = await stage.hub({
    relay: true,
    onError: (fault) => faults.push(fault),
    authorizePublish: ({ envelope: { id } }) =>
      id === "yes" || noes[id]!() as boolean,
  });
  const atHub = envelopesOn(hub, "t");
  const other = await stage.peer();
  const atOther = envelopesOn(other, "t");
  await other.flush();
  const peer = await stage.peer();
  for (const name of [...Object.keys(noes), "yes"]) {
    peer.dispatchEvent(createEvent("t", name, null));
  }
  await peer.flush();
  await hub.flush();
  for (const log of [atHub, atOther]) {
    assert.deepEqual(log.all.map(({ id }) => id), ["yes"]);
  }
  assert.deepEqual(
    faults.map(({ topic }) => topic),
    Object.keys(noes).map((name) => `t:${name}`),
  );
  assert.equal(peer.state, "open");
});

testOnHubs("only a clear yes lets a peer in", async (stage) => {
  let name = "";
  let asked = 0;
  const faults: HubFault[] = [];
  const hub = await stage.hub({
    onError: (fault) => faults.push(fault),
    authorizeConnection() {
      asked++;
      return name === "yes" || noes[name]!() as boolean;
    },
  });
  for (name of Object.keys(noes)) {
    const refusal = await refusalOf(() => stage.peer());
    assert(refusal instanceof ConnectError, String(refusal));
    assert.equal(refusal.closeCode, 1008, name);
    assert.match(refusal.message, /connection refused/);
    assert.equal(hub.connections.size, 0);
  }
  assert.equal(faults.length, asked);
  name = "yes";
  await stage.peer();
  assert.equal(hub.connections.size, 1);
});

testOnHubs(
  "a subscriber gets nothing before its check has passed",
  async (stage) => {
    const desk = new Desk();
    const hub = await stage.hub({
      authorizeSubscribe: ({ topic }) => topic === "open" || desk.ask(topic),
    });
    const other = await stage.peer();
    const atOther = envelopesOn(other, "open");
    await other.flush();
    const peer = await stage.peer();
    const got: string[] = [];
    for (const topic of ["secret", "secret:1", "open"]) {
      peer.addEventListener(
        topic,
        ({ type, detail }) => got.push(`${type} ${detail.payload}`),
      );
    }
    const publish = async (payload: string) => {
      hub.dispatchEvent(createEvent("secret", "1", payload));
      hub.dispatchEvent(createEvent("open", "", payload));
      await other.flush();
      await atOther.find((envelope) => envelope.payload === payload);
    };
    const [first] = await desk.count(1);
    assert.equal(first!.about, "secret");
    await publish("early");
    assert.equal(connectionOf(hub, peer).topics.size, 0, "one after the other");
    first!.answer(true);
    const [, second] = await desk.count(2);
    assert.equal(second!.about, "secret:1");
    await publish("between");
    second!.answer(false);
    await peer.flush();
    await publish("late");
    await hub.flush();
    assert.deepEqual(got, [
      // Of both topics, though `secret` alone brings them.
      "secret:1 between",
      "secret between",
      "secret:1 late",
      "secret late",
      "open late",
    ]);
  },
);

testOnHubs(
  "events keep their order across checks that take their time",
  async (stage) => {
    const random = randomOf(1);
    const turns = (count: number): Promise<boolean> =>
      count === 0
        ? Promise.resolve(true)
        : new Promise((resolve) =>
          setTimeout(() => resolve(turns(count - 1)), 0)
        );
    const hub = await stage.hub({
      relay: true,
      // Some at once, some later; of each peer one at a time.
      authorizePublish: () => {
        const wait = random(4);
        return wait === 0 || turns(wait);
      },
    });
    const other = await stage.peer();
    const atOther = envelopesOn(other, "n");
    const atHub = envelopesOn(hub, "n");
    await other.flush();
    const peers = [await stage.peer(), await stage.peer()];
    for (let i = 0; i < 100; i++) {
      for (const [id, peer] of peers.entries()) {
        peer.dispatchEvent(createEvent("n", String(id), i));
      }
    }
    await Promise.all(peers.map((peer) => peer.flush()));
    await hub.flush();
    for (const log of [atHub, atOther]) {
      for (const id of ["0", "1"]) {
        assert.deepEqual(
          log.all.filter((one) => one.id === id).map(({ payload }) => payload),
          Array.from({ length: 100 }, (_, i) => i),
        );
      }
    }
  },
);

testOnHubs(
  "a check that ends after its peer has gone changes nothing",
  async (stage) => {
    for (const how of ["answer", "fail"] as const) {
      for (const hook of ["authorizeSubscribe", "authorizePublish"] as const) {
        const desk = new Desk();
        const faults = new Log<HubFault>();
        const gone = new Log<string>();
        const hub = await stage.hub({
          relay: true,
          // Closing waits for a pong, which waits behind what is being checked.
          pingTimeout: 50,
          onError: faults.add,
          onDisconnection: ({ id }) => gone.add(id),
          [hook]: () => desk.ask(hook),
        });
        const heard: unknown[] = [];
        hub.addEventListener("n", ({ detail }) => heard.push(detail));
        const peer = await stage.peer();
        const connection = connectionOf(hub, peer);
        if (hook === "authorizePublish") {
          peer.dispatchEvent(createEvent("n", "", 1));
        } else {
          peer.addEventListener("n", () => {});
        }
        const [asked] = await desk.count(1);
        await connection.close(1008, "thrown out");
        await gone.find((id) => id === peer.id);
        assert.match(String(await peer.closed), /thrown out/);
        if (how === "answer") asked!.answer(true);
        else asked!.fail(boom);
        await hub.flush();
        assert.deepEqual([
          hub.connections.size,
          connection.topics.size,
          heard.length,
        ], [0, 0, 0]);
        hub.dispatchEvent(createEvent("n", "", "to nobody"));
      }
    }
  },
);

testOnHubs(
  "a peer that leaves while it is being checked does not stay",
  async (stage) => {
    const desk = new Desk();
    const told = new Log<string>();
    const hub = await stage.hub({
      authorizeConnection: ({ id }) => desk.ask(id),
      onConnection: ({ id }) => told.add(`came ${id}`),
      onDisconnection: ({ id }) => told.add(`went ${id}`),
    });
    const aborting = new AbortController();
    const dialling = stage.peer({
      signal: aborting.signal,
      reconnect: false,
      connectTimeout: 60_000,
    }).catch((error) => error);
    const [asked] = await desk.count(1);
    aborting.abort();
    assert.match(String(await dialling), /Error/);
    asked!.answer(true);
    // Whoever comes next shows that the hub has seen the answer.
    const coming = stage.peer();
    (await desk.count(2))[1]!.answer(true);
    const { id } = await coming;
    // The hub may hear the answer before it hears that the peer has left.
    if (told.all.includes(`came ${asked!.about}`)) {
      await told.find((one) => one === `went ${asked!.about}`);
    }
    assert.deepEqual([...hub.connections].map((one) => one.id), [id]);
  },
);

/** Both ends look after each other every few milliseconds. */
const NERVOUS = { pingInterval: 200, pingTimeout: 200 };

testOnHubs("a check may take longer than pings", async (stage) => {
  const desk = new Desk();
  const options: HubOptions = {
    ...NERVOUS,
    authorizePublish: () => desk.ask("publish"),
  };
  const hub = await stage.hub(options);
  const atHub = envelopesOn(hub, "n");
  const statuses = new Log<SpokeStatus>();
  const peer = await stage.peer({ ...NERVOUS, onStatus: statuses.add });
  peer.dispatchEvent(createEvent("n", "", "slow"));
  const [asked] = await desk.count(1);
  // Five times what a silent peer is given: that nothing happens has no event.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  asked!.answer(true);
  await peer.flush();
  assert.deepEqual(statuses.all.map(({ type }) => type), [
    "connecting",
    "open",
  ]);
  assert.deepEqual(atHub.all.map(({ payload }) => payload), ["slow"]);
});

testOnHubs(
  "a check of a connection that takes too long is no fault of the peer's",
  async (stage) => {
    let isSlow = true;
    const faults = new Log<HubFault>();
    const hub = await stage.hub({
      handshakeTimeout: 500,
      onError: faults.add,
      authorizeConnection: () => isSlow ? new Promise(() => {}) : true,
    });
    const statuses = new Log<SpokeStatus>();
    const dialling = stage.peer({
      waitOnFirstConnect: true,
      reconnect: { minDelay: 1, maxDelay: 10 },
      onStatus: statuses.add,
    });
    const status = await statuses.find(({ type }) => type === "reconnecting");
    assert(
      status.type === "reconnecting" && status.error instanceof ConnectError,
    );
    assert.equal(status.error.closeCode, 1013);
    assert.match(
      String((await faults.count(1))[0]!.error),
      /not authorized in 500 ms/,
    );
    isSlow = false;
    await dialling;
    assert.equal(hub.connections.size, 1);
  },
);

testOnHubs("an answer that comes too late is told to nobody", async (stage) => {
  const desk = new Desk();
  const faults = new Log<HubFault>();
  const hub = await stage.hub({
    handshakeTimeout: 100,
    onError: faults.add,
    authorizeConnection: ({ id }) => desk.ask(id),
  });
  const refused = stage.peer().then(() => assert.fail(), (error) => error);
  const [asked] = await desk.count(1);
  assert(await refused instanceof ConnectError);
  assert.match(String((await faults.count(1))[0]!.error), /not authorized in/);
  asked!.answer(false);
  await hub.close();
  assert.equal(faults.all.length, 1);
});

testOnHubs(
  "a callback that throws is told, and stops nobody",
  async (stage) => {
    const faults = new Log<HubFault>();
    const boom = new Error("boom");
    const fail = () => {
      throw boom;
    };
    const hub = await stage.hub({
      backpressureLimit: 1000,
      onError: faults.add,
      onConnection: fail,
      onDisconnection: fail,
      onBackpressure: fail,
    });
    const [slow, other] = [await stage.peer(), await stage.peer()];
    await faults.count(2);
    slow.addEventListener("big", () => {});
    await slow.flush();
    hub.dispatchEvent(createEvent("big", "", "x".repeat(2000)));
    const told = await faults.count(4); // that it is slow, and that it has gone
    assert.deepEqual(told.map(({ error }) => error), [boom, boom, boom, boom]);
    assert.deepEqual(
      told.map(({ connection }) => connection?.id),
      [slow.id, other.id, slow.id, slow.id],
    );
    await other.flush();
    await slow.close();
  },
);
