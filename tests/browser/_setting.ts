// Pages in Chromium that have the library as any page gets it, and hubs behind
// `Deno.serve`; all of it closed at the end of the test.

import assert from "node:assert/strict";
import { within } from "../../_deferred.ts";
import {
  createWebSocketServerEventTarget,
  type HubConnection,
  type HubOptions,
  type WebSocketServerEventTarget,
} from "../../websocket_server.ts";
import {
  type Browser,
  findChromium,
  openBrowser,
  type Page,
} from "../_browser.ts";
import { bundleForBrowser } from "../_build.ts";
import { Log } from "../_waiting.ts";

/** What code in a page finds as `library`. */
export type PageLibrary =
  & typeof import("../../mod.ts")
  & typeof import("../../websocket_client.ts")
  & typeof import("../../worker.ts");

/** Each module of the library as one file, and the worker of the tests. */
const MODULES: Readonly<Record<string, string>> = {
  "/mod.js": "mod.ts",
  "/websocket_client.js": "websocket_client.ts",
  "/worker.js": "worker.ts",
  "/thread.js": "tests/browser/_thread.ts",
};

const PAGE = `<!doctype html><title>Test</title><script type="module">
  import * as core from "/mod.js";
  import * as client from "/websocket_client.js";
  import * as worker from "/worker.js";
  globalThis.library = { ...core, ...client, ...worker };
</script>`;

const bundles = new Map<string, Promise<string>>();

/** What a site answers: a path and its content. */
export async function siteResponse(path: string): Promise<Response> {
  if (path === "/") {
    return new Response(PAGE, { headers: { "content-type": "text/html" } });
  }
  const entry = MODULES[path];
  if (entry === undefined) return new Response(null, { status: 404 });
  let bundle = bundles.get(path);
  if (!bundle) bundles.set(path, bundle = bundleForBrowser(entry, true));
  return new Response(await bundle, {
    headers: { "content-type": "text/javascript" },
  });
}

/** A page, and what it says by `tell(…)`. */
export type TestPage = Page & { readonly told: Log<unknown> };

/** A connection that ended, as its hub was told. */
export interface Ended {
  readonly id: string;
  readonly code: number | undefined;
}

/** A hub, its server, and what it is told. */
export interface TestHub {
  readonly hub: WebSocketServerEventTarget;
  readonly url: string;
  readonly port: number;
  /** The server's ends. */
  readonly sockets: Log<WebSocket>;
  readonly came: Log<HubConnection>;
  readonly ended: Log<Ended>;
  /** The subprotocols that clients offered. */
  readonly offered: string[][];
  /** Says goodbye to every connection, and stops to listen. */
  close(): Promise<void>;
}

/** What a test has at hand. */
export class BrowserSetting {
  /** What the site answers besides the library, by path. */
  readonly answers = new Map<string, (request: Request) => Response>();
  /** What pages and their workers threw and nobody caught. */
  readonly faults: Log<string> = new Log();
  /** What they are to throw. */
  readonly expected: string[] = [];
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly #browser: Browser;
  readonly #site: Deno.HttpServer<Deno.NetAddr>;

  private constructor(browser: Browser) {
    this.#browser = browser;
    this.#site = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const path = new URL(request.url).pathname;
        return this.answers.get(path)?.(request) ?? siteResponse(path);
      },
    );
  }

  static async open(): Promise<BrowserSetting> {
    return new BrowserSetting(await openBrowser());
  }

  /** A page that has loaded. */
  async page(): Promise<TestPage> {
    const page = await this.#browser.newPage();
    const told = new Log<unknown>();
    await page.exposeFunction("tell", told.add);
    page.on("pageerror", (error) => this.faults.add(String(error)));
    await page.goto(`http://127.0.0.1:${this.#site.addr.port}/`);
    return Object.assign(page, { told });
  }

  hub(options: HubOptions & { port?: number } = {}): TestHub {
    const { port = 0, ...rest } = options;
    const sockets = new Log<WebSocket>();
    const came = new Log<HubConnection>();
    const ended = new Log<Ended>();
    const offered: string[][] = [];
    const hub = createWebSocketServerEventTarget({
      onConnection: came.add,
      onDisconnection: ({ id }, { code }) => ended.add({ id, code }),
      ...rest,
    });
    const server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen() {} },
      (request) => {
        const offer = request.headers.get("sec-websocket-protocol");
        const protocols = offer?.split(",").map((one) => one.trim()) ?? [];
        offered.push(protocols);
        const { socket, response } = Deno.upgradeWebSocket(request, {
          protocol: protocols[0],
        });
        const id = new URL(request.url).pathname.slice(1);
        hub.addConnection(socket, { id: id || undefined });
        sockets.add(socket);
        return response;
      },
    );
    let closing: Promise<void> | undefined;
    const close = () => closing ??= hub.close().then(() => server.shutdown());
    this.#closers.push(close);
    return {
      ...{ hub, sockets, came, ended, offered, close },
      port: server.addr.port,
      url: `ws://127.0.0.1:${server.addr.port}`,
    };
  }

  async close(): Promise<void> {
    await this.#browser.close();
    for (const close of this.#closers.reverse()) await close();
    await this.#site.shutdown();
  }
}

const hasChromium = findChromium() !== undefined;
if (!hasChromium) {
  console.warn(
    "Skipping the tests in Chromium: none is on the PATH, or named by CHROMIUM",
  );
}

/** Far more than any test takes. */
const DEADLINE = 30_000;

/** One test, ignored where there is no Chromium; one that hangs fails. */
export function testInBrowser(
  name: string,
  fn: (setting: BrowserSetting) => Promise<void>,
): void {
  Deno.test({
    name: `Chromium: ${name}`,
    ignore: !hasChromium,
    async fn() {
      const setting = await BrowserSetting.open();
      try {
        await within(fn(setting), DEADLINE, () => {
          throw new Error(`The test did not end in ${DEADLINE} ms`);
        });
      } finally {
        await setting.close();
      }
      assert.deepEqual(setting.faults.all, setting.expected);
    },
  });
}
