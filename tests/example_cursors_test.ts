// The cursors of examples/cursors: the command as a process, pages in a browser.

import assert from "node:assert/strict";
import { createEvent } from "../envelope.ts";
import { visitorId } from "../examples/_visitor_id.ts";
import { createCursorHub } from "../examples/cursors/_cursors.ts";
import type { CursorEvent, Visitor } from "../examples/cursors/events.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
} from "../websocket_client.ts";
import {
  type Browser,
  type BrowserContext,
  findChromium,
  openBrowser,
  type Page,
} from "./_browser.ts";
import { answerToUpgrade, Example } from "./_example.ts";
import { envelopesOn, Log } from "./_waiting.ts";
import { RawWebSocket } from "./_websocket_peer.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const noBrowser = findChromium() === undefined;
if (noBrowser) {
  console.warn("Skipping the tests of the cursors' page: there is no Chromium");
}

async function startServer(port = "0"): Promise<[Example, string]> {
  const server = new Example("example:cursors", [], { PORT: port });
  const [, found = ""] = await server.find(/http:\/\/localhost:(\d+)/);
  return [server, found];
}

/** A visitor with the library alone. */
class Guest implements AsyncDisposable {
  readonly id: string;
  readonly client: SpokeEventTarget<CursorEvent>;
  /** The moves of others: `[id, place]`. */
  readonly moves = new Log<readonly [string, unknown]>();
  readonly #visitors = new Log<readonly Visitor[]>();

  private constructor(id: string, client: SpokeEventTarget<CursorEvent>) {
    this.id = id;
    this.client = client;
    client.addEventListener("cursor.moved", ({ detail: { id, payload } }) => {
      this.moves.add([id, payload]);
    });
    client.addEventListener("visitors.changed", ({ detail }) => {
      this.#visitors.add(detail.payload);
    });
    client.dispatchEvent(createEvent("visitor.came", id, null));
  }

  static async come(port: string): Promise<Guest> {
    const key = crypto.randomUUID();
    const client = await createWebSocketClientEventTarget<CursorEvent>(
      `ws://127.0.0.1:${port}/events?key=${key}`,
    );
    return new Guest(await visitorId(key), client);
  }

  move(x: number, y: number): void {
    const place = { x, y, isDown: false };
    this.client.dispatchEvent(createEvent("cursor.moved", this.id, place));
  }

  /** Resolves with who is here once there are so many, this one included. */
  async visitors(count: number): Promise<readonly Visitor[]> {
    const now = () => this.#visitors.all.at(-1) ?? [];
    await this.#visitors.find(() => now().length === count);
    return now();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client.close();
  }
}

/** A page, and its size. */
async function openPage(
  browser: Browser | BrowserContext,
  port: string,
): Promise<Page> {
  const page = await browser.newPage();
  await page.setViewportSize({ width: 800, height: 600 });
  await page.goto(`http://localhost:${port}/`);
  await page.getByRole("status").getByText("Online").waitFor();
  return page;
}

/** Moves the mouse to a fraction of the stage. */
async function point(page: Page, x: number, y: number): Promise<void> {
  const box = (await page.locator("#stage").boundingBox())!;
  await page.mouse.move(box.x + x * box.width, box.y + y * box.height);
}

/** Resolves when somebody's cursor is at a fraction of the stage. */
async function seesAt(page: Page, x: number, y: number): Promise<void> {
  const box = (await page.locator("#stage").boundingBox())!;
  await page.waitForFunction(({ left, top }) =>
    Array.from(
      document.querySelectorAll(".cursor:not([hidden])"),
      (cursor) => cursor.getBoundingClientRect(),
    ).some((rect) =>
      Math.abs(rect.left - left) < 2 && Math.abs(rect.top - top) < 2
    ), { left: box.x + x * box.width, top: box.y + y * box.height });
}

const seen = (page: Page) => page.locator(".cursor:not([hidden])");

/** What is used of a document, in the functions that run on the page. */
interface Part {
  getBoundingClientRect(): { left: number; top: number };
}
declare const document: { querySelectorAll(selector: string): Iterable<Part> };

Deno.test({
  name: "example cursors: pages see each other's pointers, and who is here",
  ignore: noBrowser,
  async fn() {
    const [server, port] = await startServer();
    await using _server = server;
    await using browser = await openBrowser();
    const ada = await openPage(browser, port);
    const ben = await openPage(browser, port);
    await point(ada, 0.25, 0.5);
    await seesAt(ben, 0.25, 0.5);
    await ben.setViewportSize({ width: 390, height: 700 });
    await seesAt(ben, 0.25, 0.5);
    await point(ben, 0.75, 0.25);
    await seesAt(ada, 0.75, 0.25);

    // Whoever comes late sees where the others are, without a move of theirs.
    const cleo = await openPage(browser, port);
    await seesAt(cleo, 0.25, 0.5);
    await seesAt(cleo, 0.75, 0.25);
    const names = cleo.getByRole("list", { name: "Here now" }).locator("li");
    await names.nth(2).waitFor();
    assert.equal(await names.filter({ hasText: "(you)" }).count(), 1);

    await ben.close();
    await names.nth(2).waitFor({ state: "detached" });
    await seen(cleo).nth(1).waitFor({ state: "detached" });

    // The pointer leaves, as at the edge of the window.
    await ada.mouse.move(5, 5);
    await seen(cleo).waitFor({ state: "detached" });

    await point(ada, 0.5, 0.75);
    await seesAt(cleo, 0.5, 0.75);
    await server.kill();
    await ada.getByRole("status").getByText("Reconnecting").waitFor();
    const [second] = await startServer(port);
    await using _second = second;
    const guest = await Guest.come(port);
    await using _guest = guest;
    await guest.visitors(3);
    await guest.moves.find(([, place]) =>
      (place as { y: number } | null)?.y === 0.75
    );
    assert.equal(await second.stop(), 0);
  },
});

Deno.test({
  name: "example cursors: a finger is a pointer, until it is lifted",
  ignore: noBrowser,
  async fn() {
    const [server, port] = await startServer();
    await using _server = server;
    await using guest = await Guest.come(port);
    await using browser = await openBrowser();
    await using phone = await browser.newContext({ hasTouch: true });
    const page = await openPage(phone, port);
    const box = (await page.locator("#stage").boundingBox())!;
    const cdp = await phone.newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", x?: number) =>
      cdp.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: x === undefined ? [] : [{
          x: box.x + x * box.width,
          y: box.y + box.height / 2,
        }],
      });
    const at = (x: number) =>
      guest.moves.find(([, place]) =>
        Math.abs(((place as { x: number } | null)?.x ?? -1) - x) < 0.01
      );
    await touch("touchStart", 0.25);
    await at(0.25);
    await touch("touchMove", 0.5);
    await touch("touchMove", 0.75);
    const [, place] = await at(0.75);
    assert.equal((place as { isDown: boolean }).isDown, true);
    await touch("touchEnd");
    await guest.moves.find(([, place]) => place === null);
  },
});

Deno.test({
  name: "example cursors: one move is told for each frame, the last one",
  ignore: noBrowser,
  async fn() {
    const [server, port] = await startServer();
    await using _server = server;
    await using guest = await Guest.come(port);
    await using browser = await openBrowser();
    const page = await openPage(browser, port);
    await guest.visitors(2);
    await point(page, 0.1, 0.1);
    await guest.moves.count(1);
    // Frames come when they are told to.
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await point(page, 0.2, 0.2);
    await page.clock.runFor(100);
    await guest.moves.find(([, place]) => (place as { x: number }).x === 0.2);
    const before = guest.moves.all.length;
    for (let i = 0; i <= 50; i++) await point(page, 0.2 + i / 100, 0.5);
    await guest.client.flush();
    assert.equal(guest.moves.all.length, before);
    await page.clock.runFor(100);
    await guest.moves.count(before + 1);
    await point(page, 0.9, 0.9);
    await page.clock.runFor(100);
    const [, last] = await guest.moves.find(([, place]) =>
      (place as { x: number }).x === 0.9
    );
    assert.deepEqual(last, { x: 0.9, y: 0.9, isDown: false });
    assert.deepEqual(
      guest.moves.all.slice(before).map(([, place]) =>
        (place as { x: number }).x
      ),
      [0.7, 0.9],
    );
  },
});

Deno.test("example cursors: one moves one's own pointer alone", async () => {
  const [server, port] = await startServer();
  await using _server = server;
  await using alice = await Guest.come(port);
  await using bob = await Guest.come(port);
  await using mallory = await Guest.come(port);
  await bob.visitors(3);
  alice.move(0.5, 0.5);
  await bob.moves.count(1);
  const place = { x: 0, y: 0, isDown: false };
  const forge = (type: string, id: string, payload: unknown) =>
    (mallory.client as SpokeEventTarget).dispatchEvent(
      createEvent(type, id, payload),
    );
  forge("cursor.moved", alice.id, place);
  forge("cursor.moved", mallory.id, { ...place, x: 2 });
  forge("cursor.moved", mallory.id, { ...place, x: "0" });
  forge("cursor.moved", mallory.id, { ...place, html: "<b>" });
  forge("visitors.changed", "", []);
  forge("visitor.came", alice.id, null);
  const all = envelopesOn(mallory.client as SpokeEventTarget, "visitor.came");
  mallory.move(0.25, 0.25);
  await mallory.client.flush();
  await server.errors.count(7);
  await bob.client.flush();
  assert.deepEqual(bob.moves.all, [
    [alice.id, { x: 0.5, y: 0.5, isDown: false }],
    [mallory.id, { x: 0.25, y: 0.25, isDown: false }],
  ]);
  assert.deepEqual(all.all, []);

  // Who is here, and where, is told anew when somebody goes.
  await mallory.client.close();
  const here = await bob.visitors(2);
  assert.deepEqual(
    here.find(({ id }) => id === alice.id)?.place,
    { x: 0.5, y: 0.5, isDown: false },
  );
  const answerTo = (origin: string) =>
    answerToUpgrade(port, "/events?key=k", origin);
  assert.equal(await answerTo("http://elsewhere.example"), "HTTP/1.1 403");
  assert.equal(await answerTo(`http://127.0.0.1:${port}`), "HTTP/1.1 101");
});

Deno.test("example cursors: who does not read is cut off, and others notice nothing", async () => {
  const closing = new AbortController();
  const hub = createCursorHub(closing.signal);
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    hub.addConnection(socket);
    return response;
  });
  const url = `ws://127.0.0.1:${server.addr.port}`;
  const warn = console.warn;
  const warnings = new Log<string>();
  console.warn = warnings.add;
  const stalled = await RawWebSocket.connect(url);
  await stalled.subscribe("cursor.moved");
  const client = await createWebSocketClientEventTarget<CursorEvent>(url);
  let seen = 0;
  client.addEventListener("cursor.moved", () => void seen++);
  await client.flush();

  // As fast as the client reads them: the system, too, keeps some megabytes.
  const place = { x: 0.5, y: 0.5, isDown: false };
  let sent = 0;
  while (warnings.all.length === 0) {
    for (let i = 0; i < 200; i++, sent++) {
      hub.dispatchEvent(createEvent("cursor.moved", "somebody", place));
    }
    await client.flush();
  }
  console.warn = warn;
  assert.match(warnings.all[0]!, /^Too slow: /);
  await client.flush();
  assert.equal(seen, sent);
  assert.equal(client.state, "open");
  await client.close();
  stalled.destroy();
  closing.abort();
  await hub.close();
});
