// The compiled library in every runtime: the scripts in runtimes/ print a line
// for each of their checks and end by themselves.

import assert from "node:assert/strict";
import { startNats, startRedis } from "../demo/_servers.ts";
import { natsFault, redisFault } from "./_engines.ts";
import { install, type Installation } from "./_installation.ts";
import { number0 } from "./_iroh.ts";
import { runtimes, Script } from "./_runtimes.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** The scripts, and what each needs that may be missing. */
const scripts: Record<string, { unavailable: string | undefined }> = {
  in_process: { unavailable: undefined },
  worker: { unavailable: undefined },
  websocket: { unavailable: undefined },
  iroh: number0,
  engines: { unavailable: redisFault ?? natsFault },
};

/** Deno shows what a worker throws, whoever listens. */
const THROWN_IN_WORKER = /^error: Uncaught \(in worker ""\) .*\n(?: .*\n)*/gm;

/** What a script is told of the servers that it needs. */
async function serversFor(script: string) {
  await using stack = new AsyncDisposableStack();
  const environment: Record<string, string> = {};
  if (script === "engines") {
    environment.REDIS_URL = stack.use(await startRedis()).url;
    environment.NATS_ADDRESS = stack.use(await startNats()).address;
  }
  const servers = stack.move();
  return {
    environment,
    [Symbol.asyncDispose]: () => servers.disposeAsync(),
  };
}

let installation: Installation;
Deno.test.beforeAll(async () => {
  installation = await install(
    [...Object.keys(scripts), "worker_thread"].map((name) =>
      new URL(`./runtimes/${name}.ts`, import.meta.url)
    ),
  );
});
Deno.test.afterAll(async () => await installation[Symbol.asyncDispose]());

for (const runtime of runtimes) {
  for (const [name, { unavailable }] of Object.entries(scripts)) {
    Deno.test({
      name: `runtimes/${name}.ts runs and ends in ${runtime.name}`,
      ignore: (unavailable ?? runtime.unavailable) !== undefined,
      async fn() {
        const path = installation.path(`${name}.js`);
        await using servers = await serversFor(name);
        await using script = new Script(runtime, path, servers.environment);
        const { code, stdout, stderr } = await script.end();
        const said = stdout + stderr;
        assert.equal(code, 0, said);
        assert.equal(stderr.replaceAll(THROWN_IN_WORKER, ""), "", said);
        assert.match(stdout, /^(ok .+\n)+done\n$/, said);
      },
    });
  }
}
