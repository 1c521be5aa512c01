// The demo as a person runs it, in a pipe: processes that are killed for real.
import assert from "node:assert/strict";

const main = new URL("../demo/main.ts", import.meta.url).href;

async function runDemo(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", main, ...args],
    stdin: "null",
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

for (const binding of ["number0", "rayhanadev"]) {
  Deno.test({
    name: `demo delivers every event on @${binding}/iroh`,
    // Elsewhere the binding finds no peer without the internet.
    ignore: binding === "rayhanadev" &&
      Deno.env.get("PUBSUB_TEST_DNS") !== "1",
    async fn() {
      const { code, stdout, stderr } = await runDemo("--binding", binding);
      assert.equal(code, 0, stdout + stderr);
      for (const spoke of ["alice", "bob", "carol"]) {
        const row = stdout.match(
          new RegExp(`│ ${spoke} +│ +(\\d+) │ +(\\d+) of (\\d+) │ +(\\d+) │`),
        );
        assert.ok(row, stdout);
        const [sent, delivered, expected, duplicates] = row.slice(1).map(
          Number,
        );
        assert.ok(sent! > 0 && expected! > 0, stdout);
        assert.equal(delivered, expected);
        assert.equal(duplicates, 0);
      }
      assert.match(stdout, /^PASSED: /m);
      assert.match(stdout, /was killed with SIGKILL/);
      assert.ok(!stdout.includes("\x1b"), "a pipe gets no colors");
      const widest = Math.max(...stdout.split("\n").map((line) => line.length));
      assert.ok(widest <= 80, `a line has ${widest} columns`);
    },
  });
}

Deno.test("demo refuses what it does not know with status 2", async () => {
  for (const args of [["--bindung"], ["--binding", "quinn"], ["now"]]) {
    const { code, stdout, stderr } = await runDemo(...args);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^Unknown binding 'quinn'|^Unknown option|^Unexpected/,
    );
    assert.match(stderr, /--help/);
  }
});

Deno.test("demo explains itself", async () => {
  const { code, stdout } = await runDemo("--help");
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: npx deno task demo /m);
});
