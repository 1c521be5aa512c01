// The jobs of examples/jobs: the command as a process, pages in a browser.

import assert from "node:assert/strict";
import { createEvent } from "../envelope.ts";
import { Workplace } from "../examples/jobs/_workplace.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
} from "../websocket_client.ts";
import {
  type Browser,
  findChromium,
  openBrowser,
  type Page,
} from "./_browser.ts";
import { answerToUpgrade, Example } from "./_example.ts";
import { envelopesOn, turn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const noBrowser = findChromium() === undefined;
if (noBrowser) {
  console.warn("Skipping the tests of the jobs' page: there is no Chromium");
}

/** More than is ever waited for. */
const ENDLESS = 50_000_000;

/** Servers one after the other, with the same file and port. */
class JobServers implements AsyncDisposable {
  readonly #folder: string;
  readonly #all: Example[] = [];
  port = "0";

  constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<JobServers> {
    const prefix = "pubsub-jobs-";
    return new JobServers(await Deno.makeTempDir({ prefix }));
  }

  async start(): Promise<Example> {
    const args = ["--file", `${this.#folder}/jobs.json`];
    const server = new Example("example:jobs", args, { PORT: this.port });
    this.#all.push(server);
    [, this.port = ""] = await server.find(/http:\/\/localhost:(\d+)/);
    return server;
  }

  socketUrl(id: string): string {
    return `ws://127.0.0.1:${this.port}/events?id=${id}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#all) await server.stop();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A tab with the page. */
class Tab {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser, { port }: JobServers): Promise<Tab> {
    const tab = new Tab(await browser.newPage());
    await tab.page.goto(`http://localhost:${port}/`);
    await tab.knows("Online");
    return tab;
  }

  async add(below: number): Promise<void> {
    await this.page.getByLabel("Count the primes below").fill(String(below));
    await this.page.getByRole("button", { name: "Add job" }).click();
  }

  /** Resolves when a job is shown with these words. */
  async sees(below: string, words: RegExp): Promise<void> {
    await this.#item(below).filter({ hasText: words }).waitFor();
  }

  async cancel(below: string): Promise<void> {
    await this.#item(below).getByRole("button", { name: "Cancel" }).click();
  }

  async knows(state: string): Promise<void> {
    await this.page.getByRole("status").getByText(state).waitFor();
  }

  #item(below: string) {
    const title = this.page.getByText(`Primes below ${below}`, { exact: true });
    return this.page.locator("#jobs > li").filter({ has: title });
  }
}

Deno.test({
  name:
    "example jobs: tabs see the same, whenever they open, and any can cancel",
  ignore: noBrowser,
  async fn() {
    await using servers = await JobServers.open();
    await servers.start();
    await using browser = await openBrowser();
    const ada = await Tab.open(browser, servers);
    const ben = await Tab.open(browser, servers);
    await ada.page.getByText("Nothing to do").waitFor();
    await ada.add(100_000);
    for (const tab of [ada, ben]) await tab.sees("100,000", /9,592 found/);

    await ben.add(ENDLESS);
    await ada.add(200);
    for (const tab of [ada, ben]) {
      await tab.sees("50,000,000", /\d %/);
      await tab.sees("200", /Waiting/);
    }
    const late = await Tab.open(browser, servers);
    await ben.page.reload();
    for (const tab of [late, ben]) {
      await tab.sees("100,000", /9,592 found/);
      await tab.sees("50,000,000", /\d %/);
      await tab.sees("200", /Waiting/);
    }
    // It is told of what goes on, and not only of what there was.
    const before = await percent(late, ENDLESS);
    while (await percent(late, ENDLESS) === before) await turn();

    await late.cancel("50,000,000");
    for (const tab of [ada, ben, late]) {
      await tab.sees("50,000,000", /Cancelled/);
      await tab.sees("200", /46 found/);
    }
  },
});

function percent({ page }: Tab, below: number): Promise<number> {
  const name = `Primes below ${below.toLocaleString("en")}`;
  return page.getByRole("progressbar", { name }).evaluate(
    (bar: { value: number }) => bar.value,
  );
}

Deno.test({
  name: "example jobs: a server that was killed goes on where it was",
  ignore: noBrowser,
  async fn() {
    await using servers = await JobServers.open();
    const first = await servers.start();
    await using browser = await openBrowser();
    const ada = await Tab.open(browser, servers);
    const ben = await Tab.open(browser, servers);
    await ada.add(1_000);
    await ada.sees("1,000", /168 found/);
    await ada.add(ENDLESS);
    await ada.sees("50,000,000", /\d %/);

    await first.kill();
    for (const tab of [ada, ben]) await tab.knows("Reconnecting");
    await ada.add(10_000);
    await ada.sees("10,000", /Not sent yet/);

    const second = await servers.start();
    for (const tab of [ada, ben]) {
      await tab.knows("Online");
      await tab.sees("1,000", /168 found/);
      await tab.sees("50,000,000", /\d %/);
      await tab.sees("10,000", /Waiting/);
    }
    await ben.cancel("50,000,000");
    for (const tab of [ada, ben]) await tab.sees("10,000", /1,229 found/);
    assert.equal(await ada.page.locator("#jobs > li").count(), 3);

    await ada.add(ENDLESS);
    await ben.sees("50,000,000", /\d %/);
    assert.equal(await second.stop(), 0, "Ctrl-C does not wait for the job");
  },
});

Deno.test("example jobs: what pages may not send reaches nobody", async () => {
  await using servers = await JobServers.open();
  const server = await servers.start();
  const connect = (id: string): Promise<SpokeEventTarget> =>
    createWebSocketClientEventTarget(servers.socketUrl(id));
  const [aliceId, malloryId] = [crypto.randomUUID(), crypto.randomUUID()];
  await using alice = await connect(aliceId);
  await using mallory = await connect(malloryId);
  const heard = envelopesOn(alice, "job.changed");
  const answers = envelopesOn(alice, `direct:${aliceId}`);
  const overheard = envelopesOn(mallory, `direct:${aliceId}`);
  await alice.flush();
  await mallory.flush();

  const id = crypto.randomUUID();
  for (
    const [type, id_, payload] of [
      ["job.changed", id, { id, below: 10, state: "done", progress: 1 }],
      ["jobs.asked", aliceId, null],
      ["direct", aliceId, []],
      ["job.added", id, { below: 1e12 }],
      ["job.added", id, { below: "10" }],
      ["job.added", "<b>", { below: 10 }],
    ] as const
  ) mallory.dispatchEvent(createEvent<string, unknown>(type, id_, payload));
  await mallory.flush(); // The server has them,
  await alice.flush(); // and whatever it told is here.
  assert.deepEqual([heard.all, answers.all], [[], []]);

  alice.dispatchEvent(createEvent("jobs.asked", aliceId, null));
  await answers.count(1);
  await mallory.flush();
  assert.deepEqual(overheard.all, []);
  assert.deepEqual(answers.all[0]!.payload, []);
  const refusals = await server.errors.count(7);
  assert.ok(refusals.every((line) => line.startsWith("Refused:")));

  const answerTo = (origin: string) =>
    answerToUpgrade(servers.port, `/events?id=${id}`, origin);
  assert.equal(await answerTo("http://elsewhere.example"), "HTTP/1.1 403");
  const own = `http://127.0.0.1:${servers.port}`;
  assert.equal(await answerTo(own), "HTTP/1.1 101");
});

Deno.test("example jobs: work whose worker dies fails, and the next has a new one", async () => {
  const script = (code: string) =>
    new URL(`data:application/javascript,${encodeURIComponent(code)}`);
  const { signal } = new AbortController();
  const options = { signal, onProgress: () => {} };
  const dying = new Workplace(script(
    `onmessage = ({ data }) => {
       if (data.type !== "work.begun") return;
       if (data.id === "bad") throw new Error("no more");
       postMessage({ type: "work.done", id: data.id, payload: 7 });
     };`,
  ));
  try {
    await assert.rejects(dying.run("bad", { below: 10 }, options), /no more/);
    assert.equal(await dying.run("good", { below: 10 }, options), 7);
  } finally {
    await dying.close();
  }
});
