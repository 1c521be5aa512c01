// The command line as npm has it, in Node and Bun.

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildLibrary } from "./_build.ts";
import { Command, endOf, HubCommand } from "./_command_line.ts";
import { type Runtime, runtimes } from "./_runtimes.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const directory = await Deno.makeTempDir({ prefix: "pubsub-cli-" });
const library = join(directory, "app");
await buildLibrary(library);
await Deno.writeTextFile(
  join(library, "package.json"),
  JSON.stringify({ name: "@alkdev/pubsub", version: "9.8.7", type: "module" }),
);
const modules = join(directory, "node_modules");

async function addModules(): Promise<void> {
  const ours = fileURLToPath(new URL("../node_modules", import.meta.url));
  await Deno.symlink(ours, modules, { type: "junction" });
}

Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

const commandIn = ({ command }: Runtime) => [
  ...command,
  join(library, "cli.js"),
];

const node = runtimes.find(({ name }) => name === "Node.js")!;

Deno.test({
  name: "in Node.js what is not installed is named, and what installs it",
  ignore: node.unavailable !== undefined,
  async fn() {
    const runtime = commandIn(node);
    for (
      const [words, missing] of [
        [["hub"], "ws is not installed, npm install ws brings it"],
        [["hub", "--no-websocket"], "npm install @number0/iroh"],
        [["key", join(directory, "a.key")], "npm install @number0/iroh"],
      ] as const
    ) {
      const { code, stdout, stderr } = await endOf(words, {
        runtime,
        env: { NODE_PATH: "" },
      });
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^alkpubsub: cannot [^\n]+\n$/);
      assert.ok(stderr.includes(missing), stderr);
    }
  },
});

for (const runtime of runtimes) {
  if (runtime.name === "Deno") continue;
  Deno.test({
    name: `in ${runtime.name} all commands work, over both transports`,
    ignore: runtime.unavailable !== undefined,
    async fn() {
      await addModules().catch(() => {}); // The first one has.
      const options = { runtime: commandIn(runtime) };
      await using hub = new HubCommand(
        ["--local", "--port", "0", "--dashboard", "0"],
        options,
      );
      const { urls: [url = ""], ticket = "", dashboard = "" } = await hub.info;
      await using direct = new Command(
        ["sub", "a", "--count", "2", "--hub", url],
        options,
      );
      await using iroh = new Command(
        ["sub", "a", "--count", "2", "--hub", ticket],
        options,
      );
      await Promise.all([direct.noting("listening"), iroh.noting("listening")]);
      const pub = await endOf(["pub", "a", "x", "--hub", url], {
        ...options,
        input: "1\n2\n",
      });
      assert.equal(pub.code, 0, pub.stderr);
      for (const { code, stdout } of [await direct.ended, await iroh.ended]) {
        assert.equal(code, 0);
        assert.equal(
          stdout,
          '{"type":"a","id":"x","payload":1}\n{"type":"a","id":"x","payload":2}\n',
        );
      }
      for (const address of [url, ticket]) {
        const bench = await endOf(
          ["bench", "--count", "500", "--json", "--hub", address],
          options,
        );
        assert.equal(bench.code, 0, bench.stderr);
        const { received, lost } = JSON.parse(bench.stdout);
        assert.deepEqual([received, lost], [500, 0]);
      }
      const ping = await endOf(["ping", "-c", "1", "--hub", url], options);
      assert.equal(ping.code, 0);
      const top = await endOf(["top", dashboard, "--once"], options);
      assert.equal(top.code, 0, top.stderr);
      assert.match(top.stdout, /^0 connections/);
      const version = await endOf(["--version"], options);
      assert.equal(version.stdout, "9.8.7\n");

      const { code, stderr } = await hub.interrupt();
      assert.equal(code, 0);
      assert.match(stderr, /, 1\u00a0004 events in, /);
    },
  });
}
