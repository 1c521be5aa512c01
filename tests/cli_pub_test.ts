// What ends `pub`: its input, a signal, the loss of its hub.

import assert from "node:assert/strict";
import { Command, endOf, HubCommand, inDenoCli } from "./_command_line.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** A standard input that stays open until it is disposed of. */
function openInput(text: string) {
  const { readable, writable } = new TransformStream<Uint8Array>();
  const writer = writable.getWriter();
  const bytes = new TextEncoder().encode(text);
  const written = bytes.length > 0 ? writer.write(bytes) : undefined;
  return {
    readable,
    async [Symbol.asyncDispose]() {
      await written?.catch(() => {});
      await writer.close().catch(() => {});
    },
  };
}

/** A URL at which no hub is yet. */
async function freeUrl(): Promise<string> {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  await hub.interrupt();
  return url;
}

const hubAt = (url: string) =>
  new HubCommand(["--no-iroh", "--port", new URL(url).port]);

Deno.test("pub that waits on a quiet pipe is ended by a signal, with what came before", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    await using sub = new Command(["sub", "a", "--count", "1", "--hub", url]);
    await sub.noting("listening");
    await using input = openInput("1\n");
    await using pub = new Command(["pub", "a", "--hub", url], {
      input: input.readable,
    });
    await sub.ended;
    pub.signal(signal);
    const end = await pub.ended;
    assert.equal(end.code, code);
    assert.match(end.stderr, /^published 1 event to a\n$/);
  }
});

Deno.test("pub notices on a quiet pipe that the hub is gone, and says what arrived", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  await using sub = new Command(["sub", "a", "--count", "2", "--hub", url]);
  await sub.noting("listening");
  await using input = openInput("1\n2\n");
  await using pub = new Command(["pub", "a", "--hub", url, "--json"], {
    input: input.readable,
  });
  await sub.ended;
  hub.signal("SIGKILL");
  const { code, stdout, stderr } = await pub.ended;
  assert.equal(code, 1);
  assert.match(stderr, /^alkpubsub: connection lost[^\n]*; [^\n]+\n$/i);
  assert.ok(!stderr.includes("the target is closed"), stderr);
  assert.match(stdout, /^\{"published":[0-2],/);
});

Deno.test("pub --rate knows how much has arrived when the hub is lost", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  await using sub = new Command(["sub", "a", "--count", "40", "--hub", url]);
  await sub.noting("listening");
  await using pub = new Command(
    ["pub", "a", "{}", "--repeat", "9999", "--rate", "20", "--hub", url],
  );
  await sub.ended; // Two seconds of them.
  hub.signal("SIGKILL");
  const { code, stderr } = await pub.ended;
  assert.equal(code, 1);
  const [, arrived] = /; (\d+) events/.exec(stderr) ?? [];
  assert.ok(Number(arrived) >= 10, stderr);
});

Deno.test("pub --wait waits for its hub, and does not for another one", async () => {
  const url = await freeUrl();
  await using input = openInput("1\n");
  await using pub = new Command(["pub", "a", "--wait", "--hub", url], {
    input: input.readable,
  });
  await pub.noting("trying again");
  await using hub = hubAt(url);
  await hub.info;
  await pub.noting("connected to");
  hub.signal("SIGKILL");
  const { code, stderr } = await pub.ended;
  assert.equal(code, 1);
  assert.match(stderr, /\nalkpubsub: connection lost[^\n]*\n$/i);
});

Deno.test("pub --wait publishes once its hub is there", async () => {
  const url = await freeUrl();
  await using pub = new Command(["pub", "a", "--wait", "1", "--hub", url]);
  await pub.noting("trying again");
  await using _hub = hubAt(url);
  const { code, stderr } = await pub.ended;
  assert.equal(code, 1, stderr); // It has no JSON: that 1 is the id.
  assert.match(stderr, /standard input was empty: pub a "" 1,/);

  const there = await endOf(["pub", "a", "--wait", "[1]", "--hub", url]);
  assert.deepEqual([there.code, there.stderr], [0, "published 1 event to a\n"]);
});

Deno.test("what was printed before a failure is there", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  const { code, stdout } = await endOf(["pub", "a", "x", "--json"], {
    env: { ALKPUBSUB_HUB: url },
    input: "1\nbad\n",
  });
  assert.equal(code, 1);
  assert.equal(JSON.parse(stdout).published, 1);
});

Deno.test("pub refuses what is not UTF-8, and says where it is", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  await using sub = new Command(["sub", "a", "--count", "1", "--hub", url]);
  await sub.noting("listening");
  const { code, stderr } = await endOf(["pub", "a", "--text", "--hub", url], {
    input: Uint8Array.of(0xc3, 0xa4, 10, 0x61, 0xff, 10),
  });
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "alkpubsub: line 2 of standard input is not UTF-8; 1 event before it\n",
  );
  assert.equal(
    (await sub.ended).stdout,
    '{"type":"a","id":"","payload":"ä"}\n',
  );
});

Deno.test("pub without an event is a failure", async () => {
  await using hub = HubCommand.webSocket();
  const env = { ALKPUBSUB_HUB: await hub.url() };
  const { code, stderr } = await endOf(["pub", "tick"], { env });
  assert.equal(code, 1);
  assert.match(stderr, /standard input was empty: give JSON as an argument/);
});

Deno.test({
  name: "what cannot be written is a failure, in one line",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const runtime = ["sh", "-c", '"$@" > /dev/full', "sh", ...inDenoCli];
    for (const words of [["--version"], ["completion", "bash"]]) {
      const { code, stderr } = await endOf(words, { runtime });
      assert.equal(code, 1);
      assert.match(stderr, /^alkpubsub: cannot write: [^\n]+\n$/);
    }
  },
});
