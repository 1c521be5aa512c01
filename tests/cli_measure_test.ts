// `bench`, `ping` and `top`, in pipes.

import assert from "node:assert/strict";
import { Latencies } from "../cli/_latencies.ts";
import { summaryOf } from "../cli/_ping_command.ts";
import { createWebSocketServerEventTarget } from "../websocket_server.ts";
import { Command, endOf, HubCommand } from "./_command_line.ts";

Deno.test.sanitizer({ ops: true, resources: true });

Deno.test("bench counts every event of several publishers and subscribers, over both transports", async () => {
  await using hub = HubCommand.local();
  const { urls: [url = ""], ticket = "" } = await hub.info;
  for (const address of [url, ticket]) {
    const { code, stdout, stderr } = await endOf(
      [
        ...["bench", "--json", "--count", "2000", "--hub", address],
        ...["--publishers", "2", "--subscribers", "3", "--size", "500"],
      ],
    );
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout);
    assert.equal(result.published, 2_000);
    assert.equal(result.received, 6_000);
    assert.deepEqual([result.lost, result.disordered], [0, 0]);
    const { min, p50, p90, p99, max } = result.latency;
    assert.ok(0 < min && min <= p50 && p50 <= p90 && p90 <= p99 && p99 <= max);
    assert.ok(Math.abs(result.bytes - 500) <= 1);
  }
});

Deno.test("bench draws a histogram, keeps to a rate, and ends early with what it has", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  const { code, stdout } = await endOf(
    ["bench", "--count", "20", "--rate", "200", "--hub", url],
    { env: { COLUMNS: "60" } },
  );
  assert.equal(code, 0);
  assert.match(stdout, /^published .* 20 events in /m);
  assert.match(stdout, /^received .* none lost$/m);
  assert.match(stdout, /^latency {4}p50 .* p90 .* p99 .* max /m);
  const rows = stdout.split("\n").filter((line) => /≤/.test(line));
  assert.ok(rows.length >= 4);
  assert.ok(rows.some((row) => /[█▏▎▍▌▋▊▉] [\d.]+ %$/.test(row)));
  assert.ok(rows.every((row) => row.length <= 60), stdout);

  await using long = new Command(["bench", "--seconds", "600", "--hub", url]);
  await long.noting("1 publisher, 1 subscriber");
  const ended = await long.interrupt();
  assert.equal(ended.code, 130);
  assert.match(ended.stdout, /none lost/);
});

Deno.test("bench says when nothing comes back", async () => {
  await using hub = HubCommand.webSocket("--no-relay");
  const { code, stdout, stderr } = await endOf(
    ["bench", "--hub", await hub.url()],
  );
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    /^alkpubsub: nothing came back from ws:.*--relay[^\n]*\n$/,
  );
});

Deno.test("bench ends with 1 when an event is lost", async () => {
  // An application relays, all but one.
  const hub = createWebSocketServerEventTarget({ relay: false });
  let seen = 0;
  hub.addEventListener("a", ({ detail }) => {
    if (++seen !== 50) hub.dispatchEvent(new CustomEvent("a", { detail }));
  });
  await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    hub.addConnection(socket);
    return response;
  });
  const url = `ws://127.0.0.1:${server.addr.port}`;
  const { code, stdout, stderr } = await endOf(
    [
      ...["bench", "--topic", "a", "--count", "100", "--json"],
      ...["--hub", url],
    ],
  );
  await hub.close();
  assert.equal(code, 1);
  assert.equal(JSON.parse(stdout).lost, 1);
  assert.match(stderr, /\nalkpubsub: 1 event lost\n$/);
});

Deno.test("summaryOf sums up more pings than a call has room for", () => {
  const times = new Latencies();
  for (let i = 0; i < 300_000; i++) times.add(i % 3 + 1);
  assert.deepEqual(summaryOf(300_001, times), {
    sent: 300_001,
    answered: 300_000,
    min: 1,
    avg: 2,
    max: 3,
  });
});

Deno.test("ping prints each answer and a summary, and ends with 1 when nothing was answered", async () => {
  await using hub = HubCommand.webSocket();
  const url = await hub.url();
  const ping = ["ping", "--interval", "10ms", "--hub", url];
  const { code, stdout } = await endOf([...ping, "--count", "3"]);
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, 6);
  assert.match(lines[2]!, /^answer from ws:.*: seq=3 time=[\d.]+ m?s$/);
  assert.equal(lines[4], "3 sent, 3 answered, 0 % lost");
  assert.match(lines[5]!, /^min [\d.]+ ms {2}avg [\d.]+ ms {2}max [\d.]+ m?s$/);

  const json = await endOf([...ping, "--count", "2", "--json"]);
  const values = json.stdout.trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert.deepEqual(values.map(({ seq }) => seq), [1, 2, undefined]);
  assert.equal(values[2].answered, 2);

  await using endless = new Command(ping);
  await endless.printing("seq=2");
  assert.equal((await endless.interrupt()).code, 0);

  hub.signal("SIGSTOP");
  const silent = await endOf([...ping, "--count", "1", "--timeout", "200ms"]);
  hub.signal("SIGCONT");
  assert.equal(silent.code, 1);
});

Deno.test("top prints samples, as text and as JSON, and wants the token", async () => {
  await using hub = HubCommand.local(
    "--dashboard",
    "0",
    "--token",
    "s3cret-token",
  );
  const { urls: [url = ""], dashboard = "" } = await hub.info;
  const { origin } = new URL(dashboard);
  await using sub = new Command(["sub", "a", "--hub", url]);
  await sub.noting("listening");
  await using pub = new Command(
    [
      "pub",
      "a",
      "room-1",
      "{}",
      "--repeat",
      "100000",
      "--rate",
      "100",
      "--hub",
      url,
    ],
  );
  await sub.printing("room-1");

  const once = await endOf(["top", dashboard, "--once"]);
  assert.deepEqual([once.code, once.stderr], [0, ""]);
  assert.match(once.stdout, /^2 connections {2}1 topic {2}0 slow consumers/);
  assert.match(once.stdout, /^TOPIC +EVENTS\/S/m);
  assert.match(once.stdout, /^a:room-1 /m);
  assert.match(once.stdout, /^HUB CONNECTION +TOPICS/m);

  const env = { ALKPUBSUB_TOKEN: "s3cret-token" };
  await using top = new Command(["top", origin, "--json"], { env });
  const sample = JSON.parse(await top.printing("{"));
  assert.equal(sample.total.stats.connections, 2);
  assert.equal(sample.topics[0].topic, "a:room-1");
  assert.equal((await top.interrupt()).code, 0);
  await pub.interrupt();

  const refused = await endOf(["top", origin, "--token", "wrong"]);
  assert.deepEqual(
    [refused.code, refused.stderr],
    [
      1,
      `alkpubsub: cannot watch ${origin}: it needs its token, with --token\n`,
    ],
  );
  await using watching = new Command(["top", origin], { env });
  await watching.printing("CONNECTION");
  await hub.interrupt();
  await watching.noting(`cannot connect to dashboard ${origin}: `);
  assert.equal((await watching.interrupt()).code, 0);
  const none = await endOf(["top", origin]);
  assert.equal(none.code, 1);
  assert.match(
    none.stderr,
    /nobody listens there; a hub has one with --dashboard\n$/,
  );
});
