// Whatever goes wrong beside what a test looks at fails the run, in every file:
// rejections that nobody handles, timers and sockets left behind, errors of
// listeners. Shown by files that do so, run as all tests are.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inDeno } from "../_line_process.ts";
import { outputOf } from "../_output.ts";
import config from "../../deno.json" with { type: "json" };

Deno.test.sanitizer({ ops: true, resources: true });

const root = new URL("../../", import.meta.url);
const runner = fileURLToPath(new URL("tests/_run.ts", root));
const library = new URL("mod.ts", root).href;

const GOOD = `
Deno.test("keeps its house in order", async () => {
  const timer = setTimeout(() => {}, 1000);
  clearTimeout(timer);
  await Promise.reject(new Error("handled")).catch(() => {});
});
`;

/** What goes wrong, and what the runner has to say of it. */
const BROKEN: Record<string, { source: string; says: RegExp }> = {
  "a rejection that nobody handles, in a test": {
    source: `Deno.test("rejects", async () => {
      void Promise.reject(new Error("my oversight"));
      await new Promise((resolve) => setTimeout(resolve));
    });`,
    says: /my oversight/,
  },
  "a rejection that nobody handles, once its test is over": {
    source: `Deno.test("rejects later", () => {
      void Promise.resolve().then(() => Promise.resolve()).then(() => {
        throw new Error("my oversight");
      });
    });
    Deno.test("next", () => {});`,
    says: /my oversight/,
  },
  "a timer that is left": {
    source:
      `Deno.test("leaves a timer", () => void setTimeout(() => {}, 1e6));`,
    says: /timer was started in this test, but never completed/,
  },
  "a promise of the platform that is left": {
    source: `Deno.test("leaves an op", () => {
      const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      void listener.accept().catch(() => {});
    });`,
    says: /never completed|Leaks detected/,
  },
  "a socket that is left": {
    source: `Deno.test("leaves a socket", () => {
      Deno.listen({ hostname: "127.0.0.1", port: 0 });
    });`,
    says: /TCP listener was opened during the test, but not closed/,
  },
  "a listener that throws, with nobody to tell": {
    source:
      `import { createEvent, createInProcessEventTarget } from "${library}";
    Deno.test("listens", async () => {
      const target = createInProcessEventTarget();
      target.addEventListener("message.sent", () => {
        throw new Error("my oversight");
      });
      target.dispatchEvent(createEvent("message.sent", "", null));
      await target.close();
    });`,
    says: /my oversight/,
  },
  "an error between the tests": {
    source: `setTimeout(() => { throw new Error("my oversight"); });
    Deno.test("waits", () => new Promise((resolve) => setTimeout(resolve, 20)));`,
    says: /my oversight/,
  },
};

/** Runs one file as `deno task test` does; gives how that ended. */
async function run(
  source: string,
): Promise<{ code: number; output: string; last: string }> {
  const directory = await Deno.makeTempDir({ prefix: "pubsub-tests-" });
  try {
    const file = `${directory}/one_test.ts`;
    await Deno.writeTextFile(file, source);
    const { code, stdout, stderr } = await outputOf(
      [...inDeno(), runner, "--no-check", file],
      {
        env: {
          DENO_NO_UPDATE_CHECK: "1",
          NO_COLOR: "1",
          // What the runner fetches before is of no use here.
          JSR_URL: "http://127.0.0.1:9/",
        },
        signal: AbortSignal.timeout(120_000),
      },
    );
    const last = stdout.trimEnd().split("\n").at(-1) ?? "";
    return { code, output: stdout + stderr, last };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a run in which nothing goes wrong passes", async () => {
  const { code, output, last } = await run(GOOD);
  assert.deepEqual([code, last], [0, "1 passed, 0 failed"], output);
});

for (const [what, { source, says }] of Object.entries(BROKEN)) {
  Deno.test(`a run fails by ${what}`, async () => {
    const { code, output, last } = await run(source);
    assert.notEqual(code, 0, output);
    assert.match(last, /^\d+ passed, [1-9]\d* failed$/, output);
    assert.match(output, says);
  });
}

/** Every source file of the repository, by its path in it. */
async function* sources(directory = ""): AsyncGenerator<string> {
  for await (
    const { name, isDirectory } of Deno.readDir(new URL(directory || ".", root))
  ) {
    if (/^(\.|node_modules$|coverage$)/.test(name)) continue;
    if (isDirectory) yield* sources(`${directory}${name}/`);
    else if (/\.[mc]?[jt]sx?$/.test(name)) yield directory + name;
  }
}

Deno.test("the runner takes every test file of the repository", async () => {
  const isTest = /(^|[/_.])test\.[mc]?[jt]sx?$/;
  const paths = await Array.fromAsync(sources());
  const tests = paths.filter((path) => isTest.test(path));
  assert(tests.length > 50, `${tests.length} files`);
  assert.deepEqual(tests.filter((path) => !path.startsWith("tests/")), []);
  for (const task of ["test", "test:full"] as const) {
    assert.match(config.tasks[task].command, /\bdeno run -A tests\/_run\.ts\b/);
  }
});

/** Files in which a test may go without the sanitizers, and why. */
const OPT_OUTS: Record<string, string> = {
  "tests/hostile/messages_test.ts":
    "steps that share what they hold; the test around them is looked after",
};

Deno.test("no test opts out of the sanitizers", async () => {
  const optOut =
    /\bsanitize(?:Ops|Resources|Exit)\b(?!["'])|\b(?:ops|resources|exit): *false|no-sanitize|no-trace-leaks/;
  const found = [];
  for await (const path of sources("tests/")) {
    if (path === "tests/leaks/rejections_test.ts") continue;
    const text = await Deno.readTextFile(new URL(path, root));
    if (optOut.test(text) && !(path in OPT_OUTS)) found.push(path);
  }
  assert.deepEqual(found, []);
});
