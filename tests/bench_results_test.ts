// The page of the benchmarks says what was measured.

import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chartOf } from "../bench/_charts.ts";
import {
  barOf,
  compared,
  grammatical,
  middle,
  number,
  point,
  range,
} from "../bench/_print.ts";
import {
  type Comparison,
  Measured,
  type Unit,
  verdictOf,
} from "../bench/_result.ts";
import { faultsOf, type Run, writeRunTo } from "../bench/_run_files.ts";

// Off by default in Deno 2.9; without them a process left behind goes unseen.
Deno.test.sanitizer({ ops: true, resources: true });

const BENCH = new URL("../bench/", import.meta.url);

/** Two results: bars with a comparison that has a bar, and lines. */
function runOf(median: number): Run {
  const described = {
    method: "How *it* was measured.",
    unit: "msg/s",
    better: "higher",
  } as const;
  const bars = new Measured("relay", { ...described, title: "Relay" });
  bars.add({
    "@alkdev/pubsub, WebSocket": [median, 2 * median, median / 3],
    "Socket.IO": [100.123456, 100, 100],
    "raw binding (@rayhanadev)": [1e6, 1e6, 1e6],
  });
  bars.compare(
    "WebSocket vs Socket.IO",
    { name: "@alkdev/pubsub, WebSocket" },
    { name: "Socket.IO" },
    { atLeast: 2 },
  );
  bars.skip("Redis", "redis-server was not found");
  const lines = new Measured("fan_out", {
    ...described,
    title: "Fan-out",
    axis: "connections",
  });
  for (const x of [1, 10_000]) {
    lines.add({ "@alkdev/pubsub, WebSocket": [7, 8, 9], "ws": [8, 0, 7] }, x);
  }
  const nothing = new Measured("start_up", { ...described, title: "Start-up" });
  nothing.skip("NATS", "nats-server was not found");
  return {
    at: "2026-01-02T03:04:05.000Z",
    seconds: 100,
    rounds: 3,
    machine: {
      processor: "a processor",
      cores: 2,
      gibibytes: 8,
      system: "linux",
      deno: "2.9.6",
    },
    versions: { "socket.io": "4.8.4" },
    results: [bars, lines, nothing],
  };
}

/** A directory with the page of the benchmarks as it is written by hand. */
async function withPage(run: (directory: URL) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(tmpdir(), "bench-"));
  try {
    const directory = pathToFileURL(`${path}/`);
    await Deno.copyFile(
      new URL("README.md", BENCH),
      new URL("README.md", directory),
    );
    await run(directory);
  } finally {
    await rm(path, { recursive: true });
  }
}

Deno.test("the page and the charts of the run that is kept are those of its data", async () => {
  const kept = await readdir(new URL("results/", BENCH)).catch(() => []);
  if (kept.length > 0) assert.deepEqual(await faultsOf(BENCH), []);
});

Deno.test("a run is written, and written anew over another one", async () => {
  await withPage(async (directory) => {
    const byHand = await Deno.readTextFile(new URL("README.md", directory));
    await writeRunTo(runOf(150), directory);
    await writeRunTo(runOf(250), directory);
    assert.deepEqual(await faultsOf(directory), []);
    assert.deepEqual((await readdir(new URL("results/", directory))).sort(), [
      "fan_out.json",
      "fan_out.svg",
      "relay.json",
      "relay.svg",
      "start_up.json",
    ]);
    const page = await Deno.readTextFile(new URL("README.md", directory));
    assert(page.startsWith(byHand.slice(0, byHand.indexOf("<!--"))));
    assert.match(page, /1 of 1 are met/);
    assert.match(
      page,
      /\*\*Met\*\*: 1[^]+\| \[relay\]\(#relay\) +\| WebSocket vs Socket\.IO +\| +≥ 2 \| +\*\*2\.50\*\* \|/,
    );
    assert(!page.includes("Not met"), "it is met");
    assert.match(page, /\| 1 connection +\| WebSocket 8\.00 msg\/s/);
    assert.match(page, /Redis \(redis-server was not found\)/);
    assert.match(page, /NATS \(nats-server was not found\)/);
    assert(!page.includes("start_up.svg"), "there is nothing to draw");
  });
});

Deno.test("a page or a chart that is not of the data is found", async () => {
  await withPage(async (directory) => {
    await writeRunTo(runOf(150), directory);
    const page = new URL("README.md", directory);
    const text = await Deno.readTextFile(page);
    await Deno.writeTextFile(
      page,
      text.replace("❌ **Not met**", "✅ **Met**"),
    );
    const chart = new URL("results/relay.svg", directory);
    const svg = await Deno.readTextFile(chart);
    await Deno.writeTextFile(chart, svg.replace("150 msg/s", "950 msg/s"));
    assert.deepEqual(await faultsOf(directory), [
      "README.md does not say what results/*.json say",
      "results/relay.svg is not drawn from results/relay.json",
    ]);
  });
});

Deno.test("numbers have three digits that count", () => {
  const numbers = [0.0149, 1.254, 12.54, 125.4, 1254, 1_254_321];
  assert.deepEqual(numbers.map(number), [
    ...["0.01", "1.25", "12.5", "125", "1\u202f250", "1\u202f250\u202f000"],
  ]);
  assert.equal(point(10_000, "connections"), "10\u202f000");
  assert.equal(point(99.9, "percentile"), "p99.9");
  const sizes = [64, 1024, 64 * 1024, 2 ** 20];
  assert.deepEqual(
    sizes.map((size) => point(size, "bytes a message")),
    ["64 B", "1 KiB", "64 KiB", "1 MiB"],
  );
});

Deno.test("the median of the rounds is held against the bar", () => {
  const of = (rest: Partial<Comparison>): Comparison => ({
    what: "",
    as: "ratio",
    samples: [1, 5, 3],
    ...rest,
  });
  assert.equal(verdictOf(of({})), undefined);
  assert.equal(verdictOf(of({ atLeast: 3 })), "met");
  assert.equal(verdictOf(of({ atLeast: 3.01 })), "not met");
  assert.equal(verdictOf(of({ atMost: 3 })), "met");
  assert.equal(verdictOf(of({ atMost: 2.99 })), "not met");

  const unit: Unit = "bytes";
  const more = of({ as: "difference", samples: [-5, 2048, 20], atMost: 4096 });
  assert.equal(barOf(more, unit), "≤ +4096 bytes");
  assert.deepEqual(compared(more, unit), {
    what: "",
    median: "+20.0 bytes",
    range: "−5.00 bytes to +2\u202f050 bytes",
  });
});

Deno.test("what was taken once has all its digits and no range", () => {
  assert.equal(middle([6142]), "6\u202f142");
  assert.equal(middle([6142, 6142]), "6\u202f140");
  assert.equal(range([6142]), "");
  const what = "1 spokes: ours vs theirs";
  const samples = [6142 / 6144];
  assert.deepEqual(compared({ what, as: "ratio", samples }, "bytes"), {
    what: "1 spoke: ours vs theirs",
    median: "0.9997",
    range: "",
  });
  assert.equal(grammatical("1\u202f000 spokes"), "1\u202f000 spokes");
});

Deno.test("a chart says when its scale is logarithmic, and has words for who hears it", async () => {
  const { results: [bars, lines] } = runOf(150);
  const wide = await chartOf(bars!);
  assert.match(wide, /Messages per second, log scale: higher/);
  assert.match(
    wide,
    /^<svg [^>]*role="img"[^>]*><title id="relay-title">Relay</,
  );
  const near = new Measured("near", { ...bars!, title: "Near" });
  near.add({ "@alkdev/pubsub": [9], "NATS": [5] });
  assert.doesNotMatch(await chartOf(near), /log scale/);
  assert.match(await chartOf(lines!), /log scale, by connections/);
});

Deno.test("only resident memory is drawn where both kinds were measured", async () => {
  const memory = new Measured("memory", {
    title: "Memory",
    method: "",
    unit: "bytes",
    better: "lower",
  });
  memory.add({
    "NATS": [900, 800],
    "@alkdev/pubsub": [700, 600],
    "@alkdev/pubsub, JavaScript heap": [33, 33],
  });
  const svg = (await chartOf(memory)).replace(/<desc.*<\/desc>/, "");
  assert.match(svg, /Bytes of resident memory: lower/);
  assert(!svg.includes("heap"));
  assert(svg.indexOf(">@alkdev/pubsub<") < svg.indexOf(">NATS<"));
});
