// The demo as a person runs it, in a pipe: processes that are killed for real.
import assert from "node:assert/strict";
import { Ledger } from "../demo/_ledger.ts";
import { inDeno } from "./_line_process.ts";
import { outputOf } from "./_output.ts";

const main = new URL("../demo/main.ts", import.meta.url).href;

const runDemo = (...args: string[]) => outputOf([...inDeno(), main, ...args]);

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
          new RegExp(
            `│ ${spoke} +│ +(\\d+) │ +(\\d+) of (\\d+) │ +(\\d+) │ +(\\d+) │`,
          ),
        );
        assert.ok(row, stdout);
        const [sent, delivered, expected, duplicates, reconnects] = row.slice(1)
          .map(Number);
        assert.ok(sent! > 0 && expected! > 0, stdout);
        assert.equal(delivered, expected);
        assert.equal(duplicates, 0);
        assert.equal(reconnects, 1);
      }
      assert.match(stdout, /^PASSED: /m);
      assert.match(stdout, /was killed with SIGKILL/);
      assert.ok(!stdout.includes("\x1b"), "a pipe gets no colors");
      const widest = Math.max(...stdout.split("\n").map((line) => line.length));
      assert.ok(widest <= 80, `a line has ${widest} columns`);
    },
  });
}

Deno.test({
  name: "demo ends with status 1 when a spoke is lost",
  ignore: Deno.build.os !== "linux", // Its children are found in /proc.
  async fn() {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", main],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let printed = "";
    let isKilled = false;
    for await (
      const text of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      printed += text;
      if (isKilled || !printed.includes("Everybody is connected")) continue;
      isKilled = true;
      const { pid } = child;
      const path = `/proc/${pid}/task/${pid}/children`;
      const children = (await Deno.readTextFile(path)).trim().split(" ");
      Deno.kill(Number(children.at(-1)), "SIGKILL");
    }
    assert.equal((await child.status).code, 1, printed);
    assert.ok(!printed.includes("PASSED"), printed);
  },
});

Deno.test("demo's ledger counts what is missed and what is too much", () => {
  const ledger = new Ledger();
  ledger.subscribe("alice", ["announcement.made"]);
  ledger.subscribe("bob", ["announcement.made", "direct:bob"]);
  ledger.send("hub", "announcement.made", "", true);
  ledger.send("alice", "direct", "bob", true);
  ledger.send("hub", "announcement.made", "tea", false);
  ledger.receive("alice", 1, 1);
  ledger.receive("alice", 2, 1); // Not subscribed.
  ledger.receive("bob", 2, 1);
  ledger.receive("bob", 2, 1); // Again.
  const score = { sent: 0, delivered: 1, duplicates: 1 };
  assert.deepEqual(ledger.score("bob"), { ...score, expected: 2 });
  assert.deepEqual(ledger.score("alice"), { ...score, sent: 1, expected: 1 });
  assert.deepEqual(ledger.giveUp().map(({ n }) => n), [1, 3]);
});

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
