// Hubs of the command line that share topics through Redis or NATS.

import assert from "node:assert/strict";
import { Command, endOf, HubCommand } from "./_command_line.ts";
import { testWithNats, testWithRedis } from "./_engines.ts";

Deno.test.sanitizer({ ops: true, resources: true });

for (
  const [testWith, option, scheme] of [
    [testWithRedis, "--redis", "redis"],
    [testWithNats, "--nats", "nats"],
  ] as const
) {
  testWith(`hub ${option} links hubs, each event once`, async ({ port }) => {
    const engine = [option, `${scheme}://127.0.0.1:${port}`];
    await using first = HubCommand.local(...engine);
    await using second = HubCommand.webSocket(...engine);
    const { urls: [url = ""], ticket = "" } = await first.info;
    await using subs = new AsyncDisposableStack();
    const listening = [url, ticket, await second.url()].map((hub) =>
      subs.use(new Command(["sub", "a", "--count", "3", "--hub", hub]))
    );
    await Promise.all(listening.map((sub) => sub.noting("listening")));
    for (const [i, hub] of [url, ticket, await second.url()].entries()) {
      const { code } = await endOf(["pub", "a", "x", `${i}`, "--hub", hub]);
      assert.equal(code, 0);
      await Promise.all(listening.map((sub) => sub.printing(`"payload":${i}`)));
    }
    for (const sub of listening) {
      const { code, stdout } = await sub.ended;
      assert.equal(code, 0);
      assert.equal(stdout.trim().split("\n").length, 3, stdout);
    }
    for (const hub of [first, second]) {
      const { code, stderr } = await hub.interrupt();
      assert.equal(code, 0);
      assert.ok(!stderr.includes("alkpubsub:"), stderr);
    }
  });
}

Deno.test("hub says in one line that an engine is not there, without its password", async () => {
  for (
    const [option, url] of [
      ["--redis", "redis://user:secret@127.0.0.1:1"],
      ["--nats", "nats://user:secret@127.0.0.1:1"],
    ] as const
  ) {
    const { code, stderr } = await endOf(
      ["hub", "--no-iroh", "--port", "0", option, url],
    );
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^alkpubsub: cannot connect to (Redis|NATS) at 127\.0\.0\.1:1: [^\n]+\n$/,
    );
    assert.ok(!stderr.includes("secret"), stderr);
  }
});
