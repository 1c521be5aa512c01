// The demo of several hubs as a person runs it who has no time, in a pipe: real
// servers, processes that are killed for real.

import assert from "node:assert/strict";
import { ENGINES, HUBS, KINDS, SPOKES as ALL } from "../demo/cluster/_plan.ts";
import { type Event, Tally } from "../demo/cluster/_tally.ts";
import { natsFault, redisFault } from "./_engines.ts";
import { inDeno } from "./_line_process.ts";
import { outputOf } from "./_output.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const main = new URL("../demo/cluster/main.ts", import.meta.url).href;

const runDemo = (...args: string[]) => outputOf([...inDeno(), main, ...args]);

const faults = { nats: natsFault, redis: redisFault };

for (const engine of ENGINES) {
  Deno.test({
    name: `demo:cluster delivers as promised over ${engine}`,
    ignore: faults[engine] !== undefined,
    async fn() {
      const { code, stdout, stderr } = await runDemo(
        "--quick",
        ...["--engine", engine],
      );
      assert.equal(code, 0, stdout + stderr);
      for (
        const phase of [
          "all up",
          "hub down",
          "hub back",
          "engine down",
          "after",
        ]
      ) {
        const row = stdout.match(
          new RegExp(`^${phase}${" +(\\d+)".repeat(9)}$`, "m"),
        );
        assert.ok(row, stdout);
        const [sent, due, sameHub, across, lost, ...rest] = row.slice(1)
          .map(Number);
        assert.ok(sent! > 0 && sameHub! > 0, stdout);
        assert.equal(sameHub! + across! + lost!, due);
        if (phase === "all up" || phase === "after") assert.equal(lost, 0);
        assert.deepEqual(rest, [0, 0, 0, 0]);
      }
      assert.match(stdout, /^PASSED: /m);
      assert.equal(stdout.match(/was killed with SIGKILL/g)?.length, 2);
      assert.ok(!stdout.includes("\x1b"), "a pipe gets no colors");
      const widest = Math.max(...stdout.split("\n").map((line) => line.length));
      assert.ok(widest <= 80, `a line has ${widest} columns`);
    },
  });
}

Deno.test("demo:cluster has twelve spokes, of both kinds on each of three hubs", () => {
  assert.equal(ALL.length, 12);
  for (const hub of HUBS) {
    for (const kind of KINDS) {
      const here = ALL.filter((one) => one.home === hub && one.kind === kind);
      assert.equal(here.length, 2, `${kind} on ${hub}`);
    }
  }
});

/** Three in one room, on two hubs. */
const SPOKES = (["alice", "bob", "carol"] as const).map((name, i) => ({
  ...{ name, kind: "iroh" as const, home: i % 2, step: 1 },
  rooms: ["tea"] as const,
}));

const event = (from: string, n: number, at: number, hub = 0): Event => ({
  ...{ from, n, at, hub },
  room: "tea",
});

Deno.test("demo:cluster's tally counts what is missed, too much or late", () => {
  const tally = new Tally(SPOKES);
  tally.begin("all up", 0);
  tally.sent(event("alice", 1, 10));
  tally.sent(event("alice", 2, 20));
  tally.received(event("alice", 2, 20), "bob", 1);
  tally.received(event("alice", 1, 10), "bob", 1); // Behind a later one.
  tally.received(event("alice", 1, 10), "bob", 1); // Again.
  tally.received(event("alice", 1, 10), "alice", 0); // Its own.
  tally.received(event("alice", 1, 10), "carol", 0);
  assert.equal(tally.owed(20), 0);
  assert.equal(tally.owed(Infinity), 1);
  assert.deepEqual(tally.rows(), [{
    ...{ phase: "all up", published: 2, due: 4, sameHub: 1, across: 2 },
    ...{ lost: 0, missed: 1, twice: 1, echoes: 1, disorder: 1 },
  }]);
});

Deno.test("demo:cluster's tally excuses what was told before, and no more", () => {
  const tally = new Tally(SPOKES);
  tally.begin("all up", 0);
  tally.begin("engine down", 100);
  const covers = (_event: Event, receiver: string) => receiver === "bob";
  tally.excuse({ since: 100, until: 200, covers });
  tally.sent(event("alice", 1, 99));
  tally.sent(event("alice", 2, 100));
  tally.sent(event("alice", 3, 200));
  const [before, during] = tally.rows();
  assert.deepEqual([before!.lost, before!.missed], [0, 2]);
  assert.deepEqual([during!.lost, during!.missed], [1, 3]);
});

Deno.test("demo:cluster refuses what it cannot run with status 2", async () => {
  for (const args of [["--motor"], ["--engine", "kafka"], ["now"]]) {
    const { code, stdout, stderr } = await runDemo(...args);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(
      stderr,
      /^Unknown engine 'kafka'|^Unknown option|^Unexpected/,
    );
    assert.match(stderr, /--help/);
  }
});

Deno.test("demo:cluster says what to install", async () => {
  const { code, stdout, stderr } = await outputOf([...inDeno(), main], {
    env: { PATH: "" },
  });
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.match(stderr, /nats-server is not installed/);
  assert.match(stderr, /apt-get install nats-server/);
});

Deno.test("demo:cluster explains itself", async () => {
  const { code, stdout } = await runDemo("--help");
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: npx deno task demo:cluster /m);
});
