// What `deno task fuzz` prints and does, with properties of the test's own.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Log } from "../_waiting.ts";
import { bytesOf, derived } from "./_bytes.ts";
import { fuzz } from "./_fuzz.ts";
import { asyncProperty, property } from "./_property.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const LIMITS = { count: 0, size: 100, mutations: 0 };
const arbitrary = derived(
  LIMITS,
  ({ random, size }) => bytesOf(random, size),
);

const isShort = (bytes: Uint8Array) =>
  assert.ok(bytes.length < 7, `${bytes.length} bytes: ${bytes}`);

const own = [
  property({ name: "holds", runs: 200, arbitrary, check: () => 3 }),
  property({ name: "broken", runs: 200, arbitrary, check: isShort }),
  asyncProperty({
    name: "broken-later",
    runs: 200,
    arbitrary,
    check: (bytes) => Promise.resolve(isShort(bytes)),
  }),
  asyncProperty({
    name: "hangs",
    runs: 200,
    arbitrary,
    deadline: 20,
    check: (bytes) =>
      bytes.length < 7 ? Promise.resolve() : new Promise(() => {}),
  }),
  asyncProperty({
    name: "missing",
    runs: 200,
    arbitrary,
    unavailable: "it is not here",
    check: () => Promise.reject(new Error("It was tried")),
  }),
];

/** What a run prints, and its exit code. */
async function run(...args: string[]) {
  const lines: string[] = [];
  const errors: string[] = [];
  const code = await fuzz(args, own, {
    line: (text) => lines.push(text),
    error: (text) => errors.push(text),
  });
  return { code, output: lines.join("\n"), errors: errors.join("\n") };
}

for (const name of ["broken", "broken-later"]) {
  Deno.test(`a failure of ${name} is seen again by the command it prints`, async () => {
    const first = await run("--only", name, "--minutes", "1");
    assert.equal(first.code, 1);
    // As small as it gets: what it printed is what it is about.
    assert.match(first.errors, /AssertionError.*: 7 bytes: /);
    const [, args = ""] =
      /See it again: npx deno task fuzz (.+)$/.exec(first.errors) ?? [];
    assert.ok(args.startsWith(`--only ${name} --seed `), first.errors);
    const second = await run(...args.split(" "));
    assert.equal(second.code, 1);
    const inputIn = (text: string) => /Counterexample: (.*)/.exec(text)?.[1];
    assert.equal(inputIn(second.errors), inputIn(first.errors));
    assert.match(second.errors, /failed after 1 tests/, "it is tried first");
  });
}

Deno.test("what hangs is a failure", async () => {
  const { code, errors } = await run("--only", "hangs", "--seed", "1");
  assert.equal(code, 1);
  assert.match(errors, /Error: It did not end in 20 ms/);
});

Deno.test("a seed alone runs the same inputs", async () => {
  const { code, output } = await run("--only", "holds", "--seed", "7");
  assert.equal(code, 0);
  assert.equal(output, "holds holds for 600 inputs of seed 7");
});

Deno.test("what holds ends with a table", async () => {
  const only = ["--only", "holds", "--only", "missing"];
  const { code, output } = await run(...only, "--minutes", "0.0001");
  assert.equal(code, 0);
  assert.match(output, /^Skipping missing: it is not here$/m);
  assert.match(output, /^property +inputs +inputs\/s$/m);
  const inputs = /^holds +([\d,]+) +[\d,]+$/m.exec(output)?.[1];
  const total = /^total +([\d,]+) +[\d,]+$/m.exec(output)?.[1];
  assert.ok(inputs !== undefined);
  assert.equal(inputs, total);
});

Deno.test("arguments that make no sense end with 2", async () => {
  const cases: [string[], RegExp][] = [
    [["--minutes", "many"], /--minutes: "many" is not a number above 0/],
    [["--minutes", "0"], /--minutes: "0" is not a number above 0/],
    [["--only", "other"], /--only: no property is named "other"/],
    [["--seed", "1"], /--seed: it goes with one --only/],
    [["--only", "holds", "--seed", "x"], /--seed: "x" is not a whole number/],
    [["--only", "holds", "--path", "1:2"], /--path: it goes with --seed/],
    [["--only", "holds", "--seed", "1", "--path", "a"], /--path: "a" is not/],
    [["--only", "missing"], /no property is left/],
    [["--often"], /--often/],
    [["extra"], /extra/],
  ];
  for (const [args, message] of cases) {
    const { code, errors } = await run(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(errors, message);
  }
});

/** The program itself, without a name server: what needs one is skipped. */
function program(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      fileURLToPath(new URL("main.ts", import.meta.url)),
      ...args,
    ],
    env: { PUBSUB_TEST_DNS: "", DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

Deno.test("the program lists its properties, and ends with the code", async () => {
  const list = await program("--list").output();
  assert.equal(list.code, 0);
  const names = new TextDecoder().decode(list.stdout).trim().split("\n");
  assert.ok(names.includes("counting") && names.length > 10);
  const wrong = await program("--minutes", "-1").output();
  assert.equal(wrong.code, 2);
});

Deno.test("Ctrl-C prints the table so far", async () => {
  const child = program("--only", "topics", "--minutes", "60").spawn();
  const lines = new Log<string>();
  const reading = (async () => {
    const text = child.stdout.pipeThrough(new TextDecoderStream());
    for await (const part of text) part.split("\n").forEach(lines.add);
  })();
  await lines.find((line) => line.includes("inputs: topics"));
  child.kill("SIGINT");
  const { code } = await child.status;
  await reading;
  await child.stderr.cancel();
  assert.equal(code, 130);
  assert.ok(lines.all.some((line) => line.startsWith("total ")));
});
