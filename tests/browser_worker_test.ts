// Workers and ports in pages of Chromium.

import assert from "node:assert/strict";
import type { ThreadEvents } from "./browser/_thread.ts";
import {
  type PageLibrary,
  siteResponse,
  testInBrowser,
  type TestPage,
} from "./browser/_setting.ts";
import type { WorkerEventTarget } from "../worker.ts";

// Off by default in Deno 2.9; without them a browser left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

// Of the page.
declare const library: PageLibrary;
declare function tell(value: unknown): void;
declare const isSecureContext: boolean;
declare const worker: Worker;
declare const target: WorkerEventTarget<ThreadEvents>;

/** Starts a worker in a page, which tells how its target ends. */
async function startWorker(page: TestPage, url = "/thread.js"): Promise<void> {
  await page.evaluate((url) => {
    const worker = new Worker(url, { type: "module" });
    const target = library.createWorkerHostEventTarget(worker, {
      onError: ({ error }) => tell(["onError", String(error)]),
    });
    void target.closed.then((error) => tell(["closed", String(error)]));
    Object.assign(globalThis, { worker, target });
  }, url);
}

testInBrowser("a page and its worker clone what they send", async (setting) => {
  const page = await setting.page();
  await startWorker(page);
  const came = await page.evaluate(async () => {
    const payload = {
      map: new Map([["a", 1n]]),
      date: new Date(0),
      bytes: new Uint8Array([1, 2]),
      nothing: undefined,
    };
    const back = new Promise<typeof payload>((resolve) => {
      const listener = (event: { detail: { payload: unknown } }) =>
        resolve(event.detail.payload as typeof payload);
      target.addEventListener("value.back:7", listener, { once: true });
    });
    target.dispatchEvent(library.createEvent("value.sent", "7", payload));
    await target.flush();
    const { map, date, bytes, nothing } = await back;
    let refusal = "";
    try {
      target.dispatchEvent(library.createEvent("value.sent", "8", () => {}));
    } catch (error) {
      refusal = (error as DOMException).name;
    }
    await target.close();
    return {
      map: map.get("a") === 1n,
      date: date.getTime(),
      bytes: [...bytes],
      nothing,
      refusal,
    };
  });
  assert.deepEqual(came, {
    map: true,
    date: 0,
    bytes: [1, 2],
    nothing: undefined,
    refusal: "DataCloneError",
  });
  assert.deepEqual(await page.told.count(1), [["closed", "undefined"]]);
});

testInBrowser("terminate() of a worker is noticed", async (setting) => {
  const page = await setting.page();
  await startWorker(page);
  await page.evaluate(() => target.flush());
  await page.evaluate(() => worker.terminate());
  assert.deepEqual(await page.told.count(2), [
    ["onError", "ConnectionError: Connection lost: the worker has ended"],
    ["closed", "ConnectionError: Connection lost: the worker has ended"],
  ]);
});

testInBrowser("close() inside a worker is noticed", async (setting) => {
  const page = await setting.page();
  await startWorker(page);
  await page.evaluate(() => target.flush());
  await page.evaluate(() => {
    target.dispatchEvent(library.createEvent("close.ordered", "", null));
  });
  assert.deepEqual(await page.told.count(2), [
    ["onError", "ConnectionError: Connection lost: the worker has ended"],
    ["closed", "ConnectionError: Connection lost: the worker has ended"],
  ]);
});

testInBrowser("a worker goes on after an exception", async (setting) => {
  const page = await setting.page();
  await startWorker(page);
  await page.evaluate(() => {
    target.dispatchEvent(library.createEvent("throw.ordered", "", null));
  });
  assert.deepEqual(await page.told.count(1), [
    ["onError", "Error: Uncaught Error: thrown on order"],
  ]);
  await page.evaluate(async () => {
    target.addEventListener("value.back", ({ detail }) => tell(detail.payload));
    target.dispatchEvent(library.createEvent("value.sent", "", "still here"));
    await target.flush();
  });
  assert.equal((await page.told.count(2))[1], "still here");
  await setting.faults.count(1);
  setting.expected.push("Error: thrown on order");
});

testInBrowser("a worker that cannot be loaded is an end", async (setting) => {
  const page = await setting.page();
  await startWorker(page, "/nowhere.js");
  const lost = "Connection lost: the worker could not be loaded";
  assert.deepEqual(await page.told.count(2), [
    ["onError", `ConnectionError: ${lost}`],
    ["closed", `ConnectionError: ${lost}`],
  ]);
});

testInBrowser("both ends of a channel are alike", async (setting) => {
  const page = await setting.page();
  const came = await page.evaluate(async () => {
    const { port1, port2 } = new MessageChannel();
    const ends = [port1, port2].map((port) =>
      library.createWorkerHostEventTarget(port)
    );
    const came: unknown[] = [];
    for (const [at, end] of ends.entries()) {
      end.addEventListener("job.done:7", ({ detail }) => {
        came.push([at, detail.payload]);
      });
    }
    for (const [at, end] of ends.entries()) {
      end.dispatchEvent(library.createEvent("job.done", "7", `from ${at}`));
      await end.flush();
    }
    const closed = [];
    for (const end of ends) {
      await end.close();
      closed.push(await end.closed);
    }
    // They stay the page's.
    const raw = new Promise((resolve) => {
      port2.onmessage = ({ data }) => resolve(data);
    });
    port1.postMessage("raw");
    return { came, closed, raw: await raw };
  });
  assert.deepEqual(came, {
    came: [[1, "from 0"], [0, "from 1"]],
    closed: [undefined, undefined],
    raw: "raw",
  });
});

testInBrowser("a page without HTTPS has its worker, too", async (setting) => {
  const page = await setting.page();
  // Only loopback is trusted without; no name of this kind is looked up.
  await page.route("http://insecure.test/**", async (route) => {
    const response = await siteResponse(
      new URL(route.request().url()).pathname,
    );
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    });
  });
  await page.goto("http://insecure.test/");
  assert.equal(await page.evaluate(() => isSecureContext), false);
  await startWorker(page);
  await page.evaluate(() => {
    target.addEventListener("value.back", ({ detail }) => tell(detail.payload));
    target.dispatchEvent(library.createEvent("value.sent", "", "hello"));
  });
  assert.deepEqual(await page.told.count(1), ["hello"]);
  setting.expected.push("Error: thrown on order");
  await page.evaluate(() => {
    target.dispatchEvent(library.createEvent("throw.ordered", "", null));
  });
  await setting.faults.count(1);
  await page.evaluate(() => {
    target.dispatchEvent(library.createEvent("value.sent", "", "still here"));
  });
  assert.deepEqual(await page.told.count(3), [
    "hello",
    ["onError", "Error: Uncaught Error: thrown on order"],
    "still here",
  ]);
});
