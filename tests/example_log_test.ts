// The log of examples/log: the command as a process, which is killed; what was
// acknowledged is there, once, and in order.

import assert from "node:assert/strict";
import { createEvent } from "../envelope.ts";
import { ConnectionError } from "../errors.ts";
import { LogClient } from "../examples/log/client.ts";
import type { Entry, LogEvent } from "../examples/log/events.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
} from "../websocket_client.ts";
import { answerToUpgrade, Example } from "./_example.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Servers one after the other, with the same file and port. */
class LogServers implements AsyncDisposable {
  readonly folder: string;
  readonly file: string;
  port = "0";
  #all: Example[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.file = `${folder}/events.db`;
  }

  static async open(): Promise<LogServers> {
    return new LogServers(
      await Deno.makeTempDir({ prefix: "pubsub-log-" }),
    );
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  async start(...args: string[]): Promise<Example> {
    const server = new Example(
      "example:log",
      ["serve", "--file", this.file, ...args],
      { PORT: this.port },
    );
    this.#all.push(server);
    [, this.port = ""] = await server.find(/ws:\/\/127\.0\.0\.1:(\d+)/);
    return server;
  }

  /** What the command says until it ends. */
  async run(...args: string[]): Promise<string[]> {
    await using command = new Example("example:log", args);
    const code = await command.ended();
    return [String(code), ...command.lines.all, ...command.errors.all];
  }

  /** What `query` says. */
  async query(...args: string[]): Promise<Entry[]> {
    const [code, ...lines] = await this.run(
      ...["query", "--file", this.file, "--limit", "1000000", ...args],
    );
    assert.equal(code, "0");
    return lines.map((line) => JSON.parse(line));
  }

  connect(): Promise<LogClient> {
    return LogClient.connect(this.url, {
      reconnect: { minDelay: 50, maxDelay: 200 },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#all) await server.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

const placed = (n: number): LogEvent =>
  createEvent("order.placed", `${n}`, { item: "tea", count: n });

function follow(client: LogClient, after: number): Log<Entry> {
  const log = new Log<Entry>();
  client.follow(after, log.add, (error) => {
    throw error;
  });
  return log;
}

const numbers = (entries: readonly Entry[]) =>
  entries.map(({ payload }) => (payload as { count: number }).count);
/** That there is no gap, and nothing twice. */
function assertWhole(entries: readonly Entry[], after: number): void {
  assert.deepEqual(
    entries.map(({ seq }) => seq),
    entries.map((_, i) => after + 1 + i),
  );
}

Deno.test("example log: what was acknowledged survives SIGKILL, and followers get all of it once", async () => {
  await using servers = await LogServers.open();
  let server = await servers.start();
  await using publisher = await servers.connect();
  await using reader = await servers.connect();
  const followed = follow(reader, 0);
  const acknowledged: number[] = [];
  let last = 0;
  let unknown = 0;
  const publish = async () => {
    const batch = Array.from({ length: 20 }, () => ++last);
    for (const n of batch) publisher.publish(placed(n));
    try {
      await publisher.sync();
      acknowledged.push(...batch);
    } catch (error) {
      assert.ok(error instanceof ConnectionError);
      unknown++;
    }
  };

  for (let kills = 0; kills < 5; kills++) {
    for (let i = 0; i < 20; i++) await publish();
    // Right behind an acknowledgement, with more on its way.
    const underWay = publish();
    await server.kill();
    const waiting = publish();
    server = await servers.start();
    await Promise.all([underWay, waiting]);
  }
  assert.ok(unknown > 0, "it was killed while something was on its way");
  // One more comes in the midst of it, and one who has read some already.
  await using second = await servers.connect();
  const late = follow(second, 0);
  const some = follow(second, 700);
  for (let i = 0; i < 20; i++) await publish();

  const stored = await servers.query();
  assertWhole(stored, 0);
  const kept = new Set(numbers(stored));
  assert.equal(kept.size, stored.length, "nothing is kept twice");
  assert.deepEqual(acknowledged.filter((n) => !kept.has(n)), []);
  await followed.count(stored.length);
  await late.count(stored.length);
  await some.count(stored.length - 700);
  assert.deepEqual(numbers(followed.all), numbers(stored));
  assert.deepEqual(numbers(late.all), numbers(stored));
  assertWhole(followed.all, 0);
  assertWhole(some.all, 700);
  // In transactions of many.
  assert.ok(server.lines.all.some((line) => {
    const [, from, to] = line.match(/^Stored (\d+) to (\d+)$/) ?? [];
    return Number(to) - Number(from) >= 10;
  }));
});

Deno.test("example log: its commands, each as one starts it", async () => {
  await using servers = await LogServers.open();
  const server = await servers.start("--keep", "order.placed");
  const { url } = servers;
  const publish = (...args: string[]) =>
    servers.run("publish", "--url", url, ...args);
  const done = ["0", "It is on the disk, if it is of a type that is kept"];
  const tea = `{"item":"tea","count":1}`;
  assert.deepEqual(await publish("order.placed", "7", tea), done);
  assert.deepEqual(await publish("order.viewed", "7", `{"by":"ada"}`), done);
  assert.deepEqual(await publish("order.placed", "8", tea), done);
  const [code] = await publish("order.placed", "8", `{"item":"tea"}`);
  assert.equal(code, "1");

  const all = await servers.query();
  assert.deepEqual(
    all.map(({ seq, type, id, payload }) => [seq, type, id, payload]),
    [
      [1, "order.placed", "7", { item: "tea", count: 1 }],
      [2, "order.placed", "8", { item: "tea", count: 1 }],
    ],
  );
  assert.deepEqual(await servers.query("--after", "1"), all.slice(1));
  assert.deepEqual(await servers.query("--id", "7"), all.slice(0, 1));
  assert.deepEqual(await servers.query("--type", "order.shipped"), []);
  assert.deepEqual(await servers.query("--limit", "1"), all.slice(0, 1));

  await using follower = new Example("example:log", [
    ...["follow", "--url", url, "--after", "1"],
  ]);
  await follower.lines.count(1);
  assert.deepEqual(await publish("order.placed", "\x9b2J", tea), done);
  await follower.lines.count(2);
  const [before, live] = follower.lines.all;
  assert.deepEqual(JSON.parse(before!), all[1]);
  assert.equal(JSON.parse(live!).seq, 3);
  assert.match(live!, /"\\u009b2J"/);
  assert.equal(await follower.stop(), 0);

  const beyond = await servers.run("follow", "--url", url, "--after", "9");
  assert.equal(beyond[0], "1");
  assert.match(beyond.at(-1)!, /9 is not in the log, which ends with 3/);
  assert.deepEqual(
    await servers.run("query", "--after", "x").then(([c]) => c),
    "2",
  );
  assert.equal(await server.stop(), 0);
  assert.equal((await servers.query()).length, 3);
  const [gone, why] = await publish("order.placed", "8", tea);
  assert.deepEqual([gone, /ConnectError/.test(why!)], ["1", true]);
});

Deno.test("example log: what has come is kept on Ctrl-C, acknowledged or not", async () => {
  await using servers = await LogServers.open();
  let last = 0;
  for (let round = 0; round < 4; round++) {
    const server = await servers.start();
    const client = await createWebSocketClientEventTarget<LogEvent>(
      `${servers.url}?id=${crypto.randomUUID()}`,
    );
    // The hub has them; they wait for others of their transaction.
    for (let i = 0; i < 10; i++) client.dispatchEvent(placed(++last));
    await client.flush();
    assert.equal(await server.stop(), 0);
    assert.deepEqual(server.errors.all, []);
    await client.close();
  }
  assert.deepEqual(
    numbers(await servers.query()),
    Array.from({ length: last }, (_, i) => i + 1),
  );
});

Deno.test("example log: nobody writes the log by hand, or asks for another", async () => {
  await using servers = await LogServers.open();
  const server = await servers.start();
  await using client = await servers.connect();
  const followed = follow(client, 0);
  const id = crypto.randomUUID();
  await using mallory: SpokeEventTarget =
    await createWebSocketClientEventTarget(`${servers.url}?id=${id}`);
  const other = crypto.randomUUID();
  const entry = { seq: 1, at: 0, type: "order.placed", id: "1", payload: {} };
  for (
    const [type, id_, payload] of [
      ["log.stored", "order.placed", entry],
      ["direct", other, { kind: "synced", question: other }],
      ["log.wanted", other, { after: 0 }],
      ["log.wanted", id, { after: -1 }],
      ["log.synced", id, { question: "1" }],
      ["order.placed", "1", { item: "tea", count: 1, more: true }],
      ["order.placed", "1", { item: "x".repeat(2_000), count: 1 }],
      ["constructor", "1", {}],
    ] as const
  ) mallory.dispatchEvent(createEvent<string, unknown>(type, id_, payload));
  const overheard = envelopesOn(mallory, "log.wanted");
  await mallory.flush();
  await server.errors.count(9);
  client.publish(placed(1));
  await client.sync();
  await followed.count(1);
  assert.deepEqual(numbers(followed.all), [1]);
  assert.deepEqual(overheard.all, []);
  const answerTo = (origin: string) =>
    answerToUpgrade(servers.port, `/?id=${id}`, origin);
  assert.equal(await answerTo("http://elsewhere.example"), "HTTP/1.1 403");
  assert.equal(
    await answerTo(`http://127.0.0.1:${servers.port}`),
    "HTTP/1.1 403",
  );
});
