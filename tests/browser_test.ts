// Events between pages of Chromium and a hub behind `Deno.serve`.

import assert from "node:assert/strict";
import { createEvent } from "../mod.ts";
import type { SpokeEventTarget } from "../websocket_client.ts";
import { type PageLibrary, testInBrowser } from "./browser/_setting.ts";
import { envelopesOn } from "./_waiting.ts";

// Off by default in Deno 2.9; without them a socket left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

// Of the page.
declare const library: PageLibrary;
declare function tell(value: unknown): void;
declare const target: SpokeEventTarget;

testInBrowser("a page and the hub publish to each other", async (setting) => {
  const { hub, url, came } = setting.hub();
  const atHub = envelopesOn(hub, "message.sent");
  const page = await setting.page();
  await page.evaluate(async (url) => {
    const target = await library.createWebSocketClientEventTarget(url);
    target.addEventListener("message.sent:room-1", (event) => {
      tell([event.type, event.detail]);
    });
    target.dispatchEvent(
      library.createEvent("message.sent", "room-2", "from the page"),
    );
    await target.flush();
  }, url);
  const [connection] = await came.count(1);
  assert.deepEqual([...connection!.topics], ["message.sent:room-1"]);
  assert.deepEqual(atHub.all, [
    { type: "message.sent", id: "room-2", payload: "from the page" },
  ]);
  hub.dispatchEvent(createEvent("message.sent", "room-2", "for others"));
  hub.dispatchEvent(createEvent("message.sent", "room-1", { text: "Grüße" }));
  assert.deepEqual(await page.told.count(1), [[
    "message.sent:room-1",
    { type: "message.sent", id: "room-1", payload: { text: "Grüße" } },
  ]]);
});

testInBrowser("what one page sends is relayed to another", async (setting) => {
  const { hub, url } = setting.hub({ relay: true });
  const [one, other] = [await setting.page(), await setting.page()];
  for (const page of [one, other]) {
    await page.evaluate(async (url) => {
      const target = await library.createWebSocketClientEventTarget(url);
      target.addEventListener("message.sent", ({ detail }) => tell(detail.id));
      await target.flush();
      Object.assign(globalThis, { target });
    }, url);
  }
  for (
    const [page, id] of [[one, "from one"], [other, "from other"]] as const
  ) {
    await page.evaluate(async (id) => {
      target.dispatchEvent(library.createEvent("message.sent", id, null));
      await target.flush();
    }, id);
  }
  await hub.flush();
  for (const page of [one, other]) await page.evaluate(() => tell("end"));
  assert.deepEqual(one.told.all, ["from other", "end"]);
  assert.deepEqual(other.told.all, ["from one", "end"]);
});

testInBrowser("the hub is told when a page goes", async (setting) => {
  const { url, ended, came, hub } = setting.hub();
  const [closed, left] = [await setting.page(), await setting.page()];
  for (const [page, id] of [[closed, "closed"], [left, "left"]] as const) {
    await page.evaluate(async (url) => {
      await library.createWebSocketClientEventTarget(url);
    }, `${url}/${id}`);
  }
  await came.count(2);
  await closed.close();
  assert.deepEqual(await ended.count(1), [{ id: "closed", code: 1001 }]);
  await left.goto("about:blank");
  assert.deepEqual((await ended.count(2))[1], { id: "left", code: 1001 });
  assert.equal(hub.connections.size, 0);
});

testInBrowser(
  "a page iterates over what the hub publishes",
  async (setting) => {
    const { hub, url } = setting.hub();
    const atHub = envelopesOn(hub, "message.read");
    const page = await setting.page();
    await page.evaluate(async (url) => {
      const eventTarget = await library.createWebSocketClientEventTarget(url);
      const pubsub = library.createPubSub<
        { "message.sent": { text: string }; "message.read": string }
      >({ eventTarget });
      const messages = pubsub.subscribe("message.sent", "room-1");
      void (async () => {
        for await (const { id, payload } of messages) {
          pubsub.publish("message.read", id, payload.text);
          if (payload.text === "stop") break;
        }
        tell("left the loop");
      })();
      await eventTarget.flush();
      Object.assign(globalThis, { target: eventTarget });
    }, url);
    for (const text of ["a", "b", "stop", "not read"]) {
      hub.dispatchEvent(createEvent("message.sent", "room-1", { text }));
    }
    assert.deepEqual(await page.told.count(1), ["left the loop"]);
    await page.evaluate(() => target.flush());
    assert.deepEqual(atHub.all.map(({ payload }) => payload), [
      "a",
      "b",
      "stop",
    ]);
    const [connection] = hub.connections;
    assert.deepEqual([...connection!.topics], []);
  },
);
