// What targets count, as text for a scraper.

import assert from "node:assert/strict";
import { createMetricsHandler, metricsText } from "../metrics.ts";
import { createEvent, createInProcessEventTarget } from "../mod.ts";
import { testOnHubs } from "./_hubs.ts";
import { envelopesOn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** The samples in a text, by metric and labels; it has to be well-formed. */
function samplesIn(text: string): Record<string, number> {
  const samples: Record<string, number> = {};
  const types = new Map<string, string>();
  assert(text.endsWith("\n"));
  for (const line of text.slice(0, -1).split("\n")) {
    if (line === "# EOF" || line.startsWith("# HELP ")) continue;
    const type = /^# TYPE ([a-z_]+) (counter|gauge)$/.exec(line);
    if (type) {
      assert(!types.has(type[1]!), `${type[1]} twice`);
      types.set(type[1]!, type[2]!);
      continue;
    }
    const sample =
      /^([a-z_]+)(\{target="(?:[^"\\]|\\["\\n])*"\}) (\d[\d.e+-]*)$/.exec(line);
    assert(sample, line);
    const [, name, labels, value] = sample;
    const family = types.get(name!) ?? types.get(name!.replace(/_total$/, ""));
    assert.equal(family, name!.endsWith("_total") ? "counter" : "gauge", line);
    samples[name! + labels] = Number(value);
  }
  return samples;
}

const promtool = await new Deno.Command("promtool", { args: ["--version"] })
  .output().then(({ success }) => success, () => false);
if (!promtool) {
  console.log("There is no promtool: the test that asks it is ignored.");
}

testOnHubs("metricsText says what a hub and a spoke count", async (stage) => {
  const hub = await stage.hub({ relay: true });
  const [ann, bob] = [await stage.peer(), await stage.peer()];
  envelopesOn(ann, "a");
  envelopesOn(ann, "b:1");
  await ann.flush();
  const event = createEvent("a", "1", "ü");
  bob.dispatchEvent(event);
  await bob.flush();
  await hub.flush();
  const bytes = JSON.stringify(event.detail).length + 1;
  for (const format of ["prometheus", "openmetrics"] as const) {
    const text = metricsText({ hub, ann }, { format });
    const { 'alkpubsub_rtt_seconds{target="ann"}': rtt, ...samples } =
      samplesIn(text);
    assert(rtt! >= 0 && rtt! < 60, "seconds, not milliseconds");
    assert.deepEqual(samples, {
      'alkpubsub_sent_events_total{target="hub"}': 1,
      'alkpubsub_sent_events_total{target="ann"}': 0,
      'alkpubsub_sent_bytes_total{target="hub"}': bytes,
      'alkpubsub_sent_bytes_total{target="ann"}': 0,
      'alkpubsub_received_events_total{target="hub"}': 1,
      'alkpubsub_received_events_total{target="ann"}': 1,
      'alkpubsub_received_bytes_total{target="hub"}': bytes,
      'alkpubsub_received_bytes_total{target="ann"}': bytes,
      'alkpubsub_buffered_bytes{target="hub"}': 0,
      'alkpubsub_buffered_bytes{target="ann"}': 0,
      'alkpubsub_reconnects_total{target="hub"}': 0,
      'alkpubsub_reconnects_total{target="ann"}': 0,
      'alkpubsub_connections{target="hub"}': 2,
      'alkpubsub_topics{target="hub"}': 2,
      'alkpubsub_subscriptions{target="hub"}': 2,
      'alkpubsub_accepted_connections_total{target="hub"}': 2,
      'alkpubsub_slow_consumers_total{target="hub"}': 0,
      'alkpubsub_faults_total{target="hub"}': 0,
    });
    const isOpen = format === "openmetrics";
    assert.equal(text.endsWith("\n# EOF\n"), isOpen);
    const family = isOpen ? "sent_events" : "sent_events_total";
    assert(text.includes(`# TYPE alkpubsub_${family} counter\n`));
  }
});

Deno.test("metricsText escapes names", async () => {
  await using target = createInProcessEventTarget();
  const text = metricsText({ 'a "b"\\\n': target });
  assert(
    text.includes('alkpubsub_sent_events_total{target="a \\"b\\"\\\\\\n"} 0\n'),
  );
  samplesIn(text);
  assert.equal(metricsText({}), "");
});

Deno.test("metricsText says what it cannot use", async () => {
  await using target = createInProcessEventTarget();
  assert.throws(
    () => metricsText({ a: {} as typeof target }),
    /TypeError: Cannot use target: "a" has no stats/,
  );
  assert.throws(
    () => metricsText({ target }, { format: "json" as "prometheus" }),
    /TypeError: Cannot use format: "json" is not one of "prometheus", "openmetrics"/,
  );
  assert.throws(() => createMetricsHandler({ a: {} as typeof target }));
});

Deno.test("createMetricsHandler answers a scraper as it asks", async () => {
  await using target = createInProcessEventTarget();
  const metrics = createMetricsHandler({ target });
  const url = "http://localhost/metrics";
  const plain = metrics(new Request(url));
  assert.equal(plain.status, 200);
  assert.equal(
    plain.headers.get("content-type"),
    "text/plain; version=0.0.4; charset=utf-8",
  );
  samplesIn(await plain.text());
  // What Prometheus 2.53 sends.
  const accept =
    "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
  const open = metrics(new Request(url, { headers: { accept } }));
  assert.match(open.headers.get("content-type")!, /^application\/openmetrics/);
  assert((await open.text()).endsWith("# EOF\n"));
  for (
    const [accept, isOpen] of [
      ["application/openmetrics-text;q=0, text/plain", false],
      ["application/openmetrics-text;q=0.2,text/plain;q=0.5", false],
      ["Application/OpenMetrics-Text; q=0.5, text/plain; q=0.5", true],
      ["*/*", false],
    ] as const
  ) {
    const answer = metrics(new Request(url, { headers: { accept } }));
    assert.equal((await answer.text()).endsWith("# EOF\n"), isOpen, accept);
  }
  const head = metrics(new Request(url, { method: "HEAD" }));
  assert.deepEqual([head.status, await head.text()], [200, ""]);
  const post = metrics(new Request(url, { method: "POST", body: "x" }));
  assert.deepEqual([post.status, post.headers.get("allow")], [
    405,
    "GET, HEAD",
  ]);
  await post.text();
});

Deno.test({
  name: "promtool finds nothing wrong with the metrics",
  ignore: !promtool,
  async fn() {
    await using target = createInProcessEventTarget();
    const child = new Deno.Command("promtool", {
      args: ["check", "metrics"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    const stdin = child.stdin.getWriter();
    await stdin.write(new TextEncoder().encode(metricsText({ target })));
    await stdin.close();
    const { success, stdout, stderr } = await output;
    const said = new TextDecoder().decode(
      new Uint8Array([...stdout, ...stderr]),
    );
    assert(success, said);
  },
});
