// What docs/wire-format.md has both ends say is what a real hub hears and says.

import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { createEvent, parseEnvelope } from "../mod.ts";
import { createRedisEventTarget } from "../redis.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import { programFault, startRedis } from "../demo/_servers.ts";
import { commandsIn, wordsOf } from "./_docs_commands.ts";
import { redisFault, testWithRedis } from "./_engines.ts";
import { type Block, blocksOf, placeOf } from "./_markdown.ts";
import { outputOf } from "./_output.ts";
import { envelopesOn, Log } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const PAGE = "docs/wire-format.md";
const blocks = (await blocksOf([PAGE]))
  .filter(({ language }) => language === "jsonl");

/** Blocks that begin with these words. */
const saying = (...words: string[]) =>
  blocks.filter((block) => words.every((word, i) => block.words[i] === word));

/** A bare WebSocket to a hub of its own. */
class Session implements AsyncDisposable {
  readonly hub = createWebSocketServerEventTarget();
  readonly heard = new Log<string>();
  readonly closed = new Log<number>();
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      this.hub.addConnection(socket);
      return response;
    },
  );
  readonly #socket = new WebSocket(`ws://127.0.0.1:${this.#server.addr.port}`);

  static async open(): Promise<Session> {
    const session = new Session();
    const socket = session.#socket;
    socket.onmessage = ({ data }) => session.heard.add(data);
    socket.onclose = ({ code }) => session.closed.add(code);
    await new Promise((resolve) => socket.onopen = resolve);
    return session;
  }

  say({ text }: Block): void {
    for (const line of text.split("\n")) this.#socket.send(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closed.count(1);
    await this.hub.close();
    await this.#server.shutdown();
  }
}

Deno.test("wire-format.md's session is one with a hub", async () => {
  await using session = await Session.open();
  const { hub, heard } = session;
  const published = envelopesOn(hub, "message.sent");
  let expected = 0;
  for (const block of blocks) {
    const [from, how] = block.words;
    if (from === "client" && how === undefined) session.say(block);
    if (from !== "hub") continue;
    const lines = block.text.split("\n");
    if (how === "event") {
      const { type, id, payload } = parseEnvelope(block.text);
      hub.dispatchEvent(createEvent(type, id, payload));
    }
    const all = await heard.count(expected + lines.length);
    assert.deepEqual(all.slice(expected), lines, placeOf(block));
    expected += lines.length;
  }
  assert(expected > 2);
  assert.deepEqual(published.all.map(({ id }) => id), ["room-2"]);
  const [connection] = hub.connections;
  assert.deepEqual([...connection!.topics], ["job.done"]);
});

for (const block of saying("client").filter(({ words }) => words[1])) {
  Deno.test(`wire-format.md: ${block.text} closes`, async () => {
    await using session = await Session.open();
    session.say(block);
    assert.deepEqual(await session.closed.count(1), [Number(block.words[1])]);
  });
}

for (const block of saying("engine")) {
  testWithRedis(`wire-format.md: ${block.text} is heard`, async ({ url }) => {
    const publishClient = new Redis(url);
    const subscribeClient = publishClient.duplicate();
    const target = createRedisEventTarget({ publishClient, subscribeClient });
    const jobs = envelopesOn(target, "job.done:7");
    await target.flush();
    await publishClient.publish("alkpubsub:job.done:7", block.text);
    const [envelope] = await jobs.count(1);
    assert.deepEqual(envelope, JSON.parse(block.text));
    await target.close();
    for (const client of [publishClient, subscribeClient]) client.disconnect();
  });
}

Deno.test({
  name: "Redis: engines.md's redis-cli is heard",
  ignore: (redisFault ?? await programFault("redis-cli")) !== undefined,
  async fn() {
    await using server = await startRedis();
    const { url } = server;
    const publishClient = new Redis(url);
    const subscribeClient = publishClient.duplicate();
    const target = createRedisEventTarget({ publishClient, subscribeClient });
    const jobs = envelopesOn(target, "job.done:7");
    await target.flush();
    const [command = ""] = (await blocksOf(["docs/guide/engines.md"]))
      .flatMap(commandsIn).filter((one) => one.startsWith("redis-cli "));
    const [program = "", ...words] = wordsOf(command);
    const { code, stderr } = await outputOf([program, "-u", url, ...words]);
    assert.equal(code, 0, stderr);
    const [envelope] = await jobs.count(1);
    assert.deepEqual(envelope!.payload, { took: 5 });
    await target.close();
    for (const client of [publishClient, subscribeClient]) client.disconnect();
  },
});

Deno.test("wire-format.md has blocks of every kind", () => {
  assert(saying("client").length > 3);
  assert(saying("hub").length > 2);
  assert.equal(saying("engine").length, 1);
});
