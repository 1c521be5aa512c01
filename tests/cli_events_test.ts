// `sub` and `pub` in pipes, on a real hub, over WebSocket and iroh.

import assert from "node:assert/strict";
import { Command, endOf, HubCommand, inDenoCli } from "./_command_line.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Payloads as `pub` takes them from its standard input. */
const lines = (values: readonly unknown[]) =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");

Deno.test("what is published over one transport reaches subscribers over both, once, and in order", async () => {
  await using hub = HubCommand.local();
  const { urls: [url = ""], ticket = "" } = await hub.info;
  const numbers = Array.from({ length: 200 }, (_, i) => i);
  for (const [from, count] of [[url, 200], [ticket, 200]] as const) {
    await using direct = new Command(
      ["sub", "--hub", url, "job.done:7", "--count", String(count)],
    );
    await using iroh = new Command(
      ["sub", "--hub", ticket, "job.done", "--count", String(count)],
    );
    await Promise.all([direct.noting("listening"), iroh.noting("listening")]);
    const published = await endOf(["pub", "job.done", "7", "--hub", from], {
      input: lines(numbers),
    });
    assert.equal(published.code, 0, published.stderr);
    assert.equal(published.stdout, "");
    const expected = lines(
      numbers.map((payload) => ({ type: "job.done", id: "7", payload })),
    );
    for (const { code, stdout } of [await direct.ended, await iroh.ended]) {
      assert.equal(code, 0);
      assert.equal(stdout, expected);
    }
  }
  assert.equal((await hub.interrupt()).code, 0);
});

Deno.test("a type and a topic of it print an event once, and Ctrl-C ends with counts and 0", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  const env = { ALKPUBSUB_HUB: url };
  await using sub = new Command(["sub", "a.b", "a.b:1", "c.d"], { env });
  await sub.noting("listening on a.b, c.d");
  for (
    const words of [["a.b", "1", "null"], [
      "c.d",
      '{"x":"\x9b\u202e\u061c\ufeff"}',
    ]]
  ) {
    assert.equal((await endOf(["pub", ...words], { env })).code, 0);
  }
  await sub.printing("c.d");
  const { code, stdout, stderr } = await sub.interrupt();
  assert.equal(code, 0);
  assert.deepEqual(stdout.trim().split("\n"), [
    '{"type":"a.b","id":"1","payload":null}',
    // Nothing that came controls the terminal.
    '{"type":"c.d","id":"","payload":{"x":"\\u009b\\u202e\\u061c\\ufeff"}}',
  ]);
  assert.match(stderr, /2 events in .* \(a\.b 1, c\.d 1\)\n$/);
});

Deno.test("sub --timeout and --count end with 1 when not enough came, and with 130 when interrupted", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  const timed = await endOf(
    ["sub", "a", "--count", "1", "--timeout", "50ms", "--hub", url, "--quiet"],
  );
  assert.deepEqual(timed, { code: 1, stdout: "", stderr: "" });
  const listened = await endOf(["sub", "a", "--timeout", "50ms", "--hub", url]);
  assert.equal(listened.code, 0);

  await using sub = new Command(["sub", "a", "--count", "1", "--hub", url]);
  await sub.noting("listening");
  assert.equal((await sub.interrupt()).code, 130);
});

Deno.test("sub ends quietly, and with 0, when nobody reads any more", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  const shell = [
    "sh",
    "-c",
    '"$@" | head -n 1',
    "sh",
    ...inDenoCli,
  ];
  await using sub = new Command(["sub", "--hub", url, "tick"], {
    runtime: shell,
  });
  await sub.noting("listening");
  await using ticks = new Command(
    ["pub", "tick", "{}", "--repeat", "100000", "--rate", "200", "--hub", url],
  );
  const { code, stdout, stderr } = await sub.ended;
  assert.equal(code, 0);
  assert.equal(stdout, '{"type":"tick","id":"","payload":{}}\n');
  assert.ok(!stderr.includes("alkpubsub:"), stderr);
  const { code: pubCode, stderr: pubNotes } = await ticks.interrupt();
  assert.equal(pubCode, 130);
  assert.match(pubNotes, /published .* to tick/);
});

Deno.test("pub names the line that is no JSON, and has published what came before", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  await using sub = new Command(["sub", "a", "--count", "2", "--hub", url]);
  await sub.noting("listening");
  const { code, stderr } = await endOf(["pub", "a", "x", "--hub", url], {
    input: '\ufeff1\r\n\n2\n{"a":\n4\n',
  });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^alkpubsub: line 4 of standard input is no JSON: [^\n]+; 2 events before it\n$/,
  );
  assert.equal((await sub.ended).code, 0);

  const argument = await endOf(["pub", "a", "x", "hello", "--hub", "ws://h"]);
  assert.equal(argument.code, 2);
  assert.match(
    argument.stderr,
    /^alkpubsub: the argument is no JSON: .*--text/,
  );
  const colon = await endOf(["pub", "a:x", "1"]);
  assert.deepEqual(
    [colon.code, colon.stderr],
    [2, "alkpubsub: the id of a:x is an argument of its own: pub a x\n"],
  );
  const long = await endOf(["pub", "a", "x", "--hub", url], {
    input: `1\n${JSON.stringify("x".repeat(2 ** 20))}\n`,
  });
  assert.equal(long.code, 1);
  assert.match(long.stderr, /line 2 of standard input: cannot .*1048576/);
});

Deno.test("pub takes text, repeats, tells what it did, and paces a long input", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  const count = 30_000;
  await using sub = new Command(
    ["sub", "a:long", "--count", String(count), "--hub", url],
  );
  await using texts = new Command([
    "sub",
    "a:text",
    "--count",
    "4",
    "--hub",
    url,
  ]);
  await Promise.all([sub.noting("listening"), texts.noting("listening")]);
  // 6 MB: six times what a hub keeps for a connection, and a spoke for a hub.
  const long = await endOf(["pub", "a", "long", "--hub", url, "--json"], {
    input: lines(Array.from({ length: count }, (_, i) => ["x".repeat(200), i])),
  });
  assert.equal(long.code, 0, long.stderr);
  assert.equal(JSON.parse(long.stdout).published, count);
  const { code, stdout } = await sub.ended;
  assert.equal(code, 0);
  assert.equal(stdout.trimEnd().split("\n").length, count);

  const repeated = await endOf(
    ["pub", "a", "text", "hello", "--text", "--repeat", "3", "--hub", url],
  );
  assert.match(repeated.stderr, /^published 3 events to a:text: /);
  await endOf(["pub", "a", "text", "--text", "--hub", url], { input: "{" });
  const payloads = (await texts.ended).stdout.trim().split("\n")
    .map((line) => JSON.parse(line).payload);
  assert.deepEqual(payloads, ["hello", "hello", "hello", "{"]);
});

Deno.test("sub comes back to a hub that was gone, and says so", async () => {
  await using first = HubCommand.webSocket();
  const url = await first.url();
  await using sub = new Command(["sub", "a", "--count", "1", "--hub", url]);
  await sub.noting("listening");
  assert.equal((await first.interrupt()).code, 0);
  await sub.noting("trying again");
  await using second = new HubCommand(
    ["--no-iroh", "--port", new URL(url).port],
  );
  await second.info;
  await sub.noting("connected to");
  assert.equal((await endOf(["pub", "a", "[1]", "--hub", url])).code, 0);
  assert.equal(
    (await sub.ended).stdout,
    '{"type":"a","id":"","payload":[1]}\n',
  );
});

Deno.test("--wait waits for a hub that is not there yet", async () => {
  await using taken = HubCommand.webSocket();
  const url = await taken.url();
  await taken.interrupt();
  await using sub = new Command(
    ["sub", "a", "--count", "1", "--wait", "--hub", url],
  );
  await sub.noting("trying again");
  await using hub = new HubCommand(["--no-iroh", "--port", new URL(url).port]);
  await hub.info;
  await sub.noting("listening");
  await endOf(["pub", "a", '"x"', "--hub", url]);
  assert.equal((await sub.ended).code, 0);
});
