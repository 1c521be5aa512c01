// How pages of Chromium connect to a hub behind `Deno.serve`, and come back.

import assert from "node:assert/strict";
import { createEvent } from "../mod.ts";
import type { SpokeEventTarget } from "../websocket_client.ts";
import { Cable } from "./browser/_cable.ts";
import { type PageLibrary, testInBrowser } from "./browser/_setting.ts";
import { envelopesOn } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

// Of the page.
declare const library: PageLibrary;
declare function tell(value: unknown): void;
declare const target: SpokeEventTarget;
declare const socket: WebSocket;

testInBrowser("a URL may be relative to the page", async (setting) => {
  const { hub } = setting.hub();
  setting.answers.set("/events", (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    hub.addConnection(socket);
    return response;
  });
  const page = await setting.page();
  const states = await page.evaluate(async () => {
    const target = await library.createWebSocketClientEventTarget("/events");
    await target.flush();
    const open = target.state;
    await target.close();
    return [open, target.state];
  });
  assert.deepEqual(states, ["open", "closed"]);
});

testInBrowser("a page is told why it cannot connect", async (setting) => {
  const { url, close } = setting.hub();
  const page = await setting.page();
  await close();
  const errors = await page.evaluate(async (url) => {
    const errorOf = (
      ...args: Parameters<
        typeof library.createWebSocketClientEventTarget
      >
    ) =>
      library.createWebSocketClientEventTarget(...args).then(
        () => "connected",
        ({ name, message }: Error) => [name, message],
      );
    return [
      await errorOf(`${url}/events?token=secret`),
      (await errorOf("ftp://127.0.0.1/"))[0],
      (await errorOf(url, { protocols: "not a token" }))[0],
    ];
  }, url);
  assert.deepEqual(errors, [
    ["ConnectError", `Cannot connect to hub ${url}/events: no connection`],
    "SyntaxError",
    "SyntaxError",
  ]);
});

testInBrowser("a page comes back to a hub that restarts", async (setting) => {
  const first = setting.hub();
  const page = await setting.page();
  await page.evaluate(async (url) => {
    const target = await library.createWebSocketClientEventTarget(url, {
      reconnect: { minDelay: 10, maxDelay: 100 },
      onStatus: ({ type }) => tell(type),
    });
    target.addEventListener("message.sent:room-1", (event) => {
      tell([event.type, event.detail.payload]);
    });
    target.addEventListener("job.done", (event) => {
      tell([event.type, event.detail.payload]);
    });
    await target.flush();
    Object.assign(globalThis, { target });
  }, first.url);

  await first.close();
  await page.told.find((one) => one === "reconnecting");
  const waiting = await page.evaluate(() => {
    for (const n of [1, 2, 3]) {
      target.dispatchEvent(library.createEvent("note.taken", "", n));
    }
    return { state: target.state, isWaiting: target.bufferedBytes > 0 };
  });
  assert.deepEqual(waiting, { state: "reconnecting", isWaiting: true });

  const second = setting.hub({ port: first.port });
  const notes = envelopesOn(second.hub, "note.taken");
  await notes.count(3);
  assert.deepEqual(notes.all.map(({ payload }) => payload), [1, 2, 3]);
  const [connection, ...others] = second.hub.connections;
  assert.deepEqual(others, []);
  assert.deepEqual([...connection!.topics].sort(), [
    "job.done",
    "message.sent:room-1",
  ]);
  second.hub.dispatchEvent(createEvent("message.sent", "room-1", "again"));
  second.hub.dispatchEvent(createEvent("job.done", "7", "and again"));
  await second.hub.flush();
  await page.told.find((one) => Array.isArray(one) && one[0] === "job.done");
  const events = page.told.all.filter(Array.isArray);
  assert.deepEqual(events, [
    ["message.sent:room-1", "again"],
    ["job.done", "and again"],
  ]);
  const states = page.told.all.filter((one) => typeof one === "string");
  assert.deepEqual(states.slice(0, 3), ["connecting", "open", "reconnecting"]);
  assert.equal(states.at(-1), "open");
});

testInBrowser(
  "a page comes back when its connection is cut",
  async (setting) => {
    const { port, hub, came, ended } = setting.hub();
    await using cable = new Cable(port);
    const page = await setting.page();
    await page.evaluate(async (url) => {
      const target = await library.createWebSocketClientEventTarget(url, {
        reconnect: { minDelay: 0, maxDelay: 0 },
        onStatus: (status) => {
          if (status.type !== "reconnecting") return;
          tell([status.attempt, status.error.name, status.error.message]);
        },
      });
      target.addEventListener("message.sent", ({ detail }) => tell(detail.id));
      await target.flush();
    }, `ws://127.0.0.1:${cable.port}`);
    cable.cut();
    assert.equal((await ended.count(1))[0]!.code, undefined);
    await came.count(2);
    await hub.flush();
    hub.dispatchEvent(createEvent("message.sent", "after", null));
    await page.told.find((one) => one === "after");
    assert.deepEqual(page.told.all, [
      [1, "ConnectionError", "Connection lost: connection closed"],
      "after",
    ]);
  },
);

testInBrowser(
  "a factory gets a new token for each attempt",
  async (setting) => {
    let tokens = 0;
    let failures = 1;
    setting.answers.set("/token", () => {
      const isDown = tokens > 0 && failures-- > 0;
      return isDown
        ? new Response(null, { status: 503 })
        : new Response(`token-${++tokens}`);
    });
    const first = setting.hub();
    const page = await setting.page();
    await page.evaluate(async (url) => {
      const target = await library.createWebSocketClientEventTarget(
        async () => {
          const response = await fetch("/token");
          if (!response.ok) throw new Error(`no token: ${response.status}`);
          return new WebSocket(url, ["alkpubsub", await response.text()]);
        },
        {
          reconnect: { minDelay: 10, maxDelay: 100 },
          onStatus: (status) => {
            if (status.type === "reconnecting") tell(status.error.message);
            else tell(status.type);
          },
        },
      );
      Object.assign(globalThis, { target });
    }, first.url);
    assert.deepEqual(first.offered, [["alkpubsub", "token-1"]]);

    await first.close();
    // Without a token, then without a hub.
    await page.told.find((one) =>
      one === "Cannot connect to the hub of the socket factory: no token: 503"
    );
    await page.told.find((one) =>
      one === "Cannot connect to the hub of the socket factory: no connection"
    );
    const second = setting.hub({ port: first.port });
    await second.came.count(1);
    await page.evaluate(() => target.flush());
    const [offer] = second.offered;
    assert.deepEqual(second.offered, [["alkpubsub", `token-${tokens}`]]);
    assert(tokens > 2, `the last offer was ${offer}`);
  },
);

testInBrowser("a given socket stays the page's", async (setting) => {
  const { hub, url, came, ended } = setting.hub();
  const page = await setting.page();
  const given = await page.evaluate(async (url) => {
    const socket = new WebSocket(url);
    const target = await library.createWebSocketClientEventTarget(socket);
    target.addEventListener("message.sent", ({ detail }) => tell(detail.id));
    await target.flush();
    Object.assign(globalThis, { socket, target });
    return [socket.readyState, target.state];
  }, url);
  assert.deepEqual(given, [1, "open"]);
  hub.dispatchEvent(createEvent("message.sent", "1", null));
  assert.deepEqual(await page.told.count(1), ["1"]);

  await page.evaluate(() => target.close());
  const [connection] = await came.count(1);
  assert.deepEqual([...connection!.topics], []);
  assert.equal(await page.evaluate(() => socket.readyState), 1);
  assert.deepEqual(ended.all, []);

  const again = await page.evaluate(async () => {
    const second = await library.createWebSocketClientEventTarget(socket);
    second.addEventListener("message.sent", ({ detail }) => tell(detail.id));
    await second.flush();
    socket.close();
    const error = await second.closed;
    return [second.state, error];
  });
  assert.deepEqual(again, ["closed", undefined]);
  assert.equal((await ended.count(1)).length, 1);
  assert.equal(came.all.length, 1);
});

testInBrowser(
  "the hub sees the codes that a page may send",
  async (setting) => {
    const { url, sockets, ended } = setting.hub({ maxFrameBytes: 1024 });
    const page = await setting.page();
    const open = (id: string) =>
      page.evaluate(async (url) => {
        const target = await library.createWebSocketClientEventTarget(url, {
          maxFrameBytes: 512,
        });
        void target.closed.then((error) => tell([error?.name, error?.message]));
        Object.assign(globalThis, { target });
      }, `${url}/${id}`);

    await open("protocol");
    sockets.all.at(-1)!.send("{");
    await page.told.count(1);
    await open("size");
    sockets.all.at(-1)!.send(`"${"x".repeat(600)}"`);
    await page.told.count(2);
    await open("reconnects");
    await page.evaluate(() => target.reconnect());
    await page.evaluate(() => target.close());
    await ended.count(4);
    assert.deepEqual(ended.all, [
      { id: "protocol", code: 4002 },
      { id: "size", code: 4009 },
      { id: "reconnects", code: 4001 },
      { id: "reconnects", code: 1000 },
    ]);
    assert.deepEqual(page.told.all, [
      ["EnvelopeError", "Cannot decode envelope: invalid JSON"],
      [
        "FrameError",
        "Cannot decode frame: length 602 is over maxFrameBytes 512",
      ],
      [undefined, undefined],
    ]);
  },
);
