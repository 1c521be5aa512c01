// The command line in a real terminal: colours, lines that are drawn over, keys.

import assert from "node:assert/strict";
import { endOf, HubCommand, inDenoCli } from "./_command_line.ts";
import { findTmux, Terminal, type TerminalOptions } from "./_terminal.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const ignore = findTmux() === undefined;
if (ignore) {
  console.warn("Skipping the tests in a terminal: there is no tmux");
}

/** A terminal in which `alkpubsub` is a command, of a hub that runs. */
function openTerminal(
  url: string,
  options: TerminalOptions = {},
): Promise<Terminal> {
  const program = inDenoCli.map((word) => `'${word}'`).join(" ");
  return Terminal.open({
    ...options,
    setup: `export ALKPUBSUB_HUB=${url} PS2=; alkpubsub() { ${program} "$@"; }`,
  });
}

Deno.test({
  name: "sub --pretty has numbers, times, colours, and counts behind Ctrl-C",
  ignore,
  async fn() {
    await using hub = HubCommand.webSocket();
    const url = await hub.url();
    await using terminal = await openTerminal(url);
    await terminal.type("alkpubsub sub --pretty message.sent; echo code=$?");
    await terminal.until(/listening on message\.sent/);
    const payload = { from: "alice", n: 1.5, list: ["x".repeat(70), null] };
    for (const [id, value] of [["room-1", { text: "hi" }], ["", payload]]) {
      const words = ["message.sent", id as string, JSON.stringify(value)];
      await endOf(["pub", ...words, "--hub", url]);
    }
    const screen = await terminal.until(/^ {5}\}$/m);
    assert.match(
      screen,
      /^#1 {3}\d\d:\d\d:\d\d\.\d{3} {2}message\.sent:room-1 {2}\{"text":"hi"\}$/m,
    );
    // What does not fit beside it is indented below.
    assert.match(
      screen,
      /^#2 {3}[\d:.]+ {2}message\.sent\n {5}\{\n {7}"from"/m,
    );
    const coloured = await terminal.screen(true);
    assert.ok(coloured.includes('\x1b[32m"alice"'), JSON.stringify(coloured));
    assert.ok(coloured.includes("\x1b[36m1.5"));
    assert.ok(coloured.includes("\x1b[35m"));

    await terminal.press("C-c");
    const end = await terminal.until(/code=\d+/);
    assert.match(end, /^2 events in [\d.]+ m?s$/m);
    assert.match(end, /^code=0$/m);

    await terminal.type("clear; NO_COLOR=1 alkpubsub sub -t 1ms --pretty x");
    await terminal.prompted();
    assert.ok(!(await terminal.screen(true)).includes("\x1b[2m"));
  },
});

Deno.test({
  name: "pub draws how far it has come, and takes lines that are typed",
  ignore,
  async fn() {
    await using hub = HubCommand.webSocket();
    await using terminal = await openTerminal(await hub.url());
    await using file = await temporaryFile("1\n".repeat(600));
    await terminal.type(
      `clear; alkpubsub pub n --rate 200 < ${file.path}; echo code=$?`,
    );
    const drawn = await terminal.until(
      /[█▏▎▍▌▋▊▉]+░+ +[1-9]\d? % {2}\d+ {2}\d+\/s/,
    );
    const [bar = ""] = /[█▏▎▍▌▋▊▉]+░+/.exec(drawn) ?? [];
    assert.equal(bar.length, 40);
    const end = await terminal.until(/code=\d+/);
    // The bar is gone, and what was done is there.
    assert.ok(!/[█░]/.test(end), end);
    assert.match(end, /^published 600 events to n: .* in 3\.\d+ s\ncode=0$/m);

    await terminal.type("clear; alkpubsub pub typed here; echo code=$?");
    await terminal.until(/one JSON a line; Ctrl-D ends/);
    await terminal.type('{"typed":true}');
    await terminal.press("C-d");
    assert.match(
      await terminal.until(/code=\d+/),
      /published 1 event to typed:here\ncode=0/,
    );

    await terminal.type(
      "clear; alkpubsub pub n --rate 1 --repeat 99 '{}'; echo code=$?",
    );
    await terminal.until(/░/);
    await terminal.press("C-c");
    const cut = await terminal.until(/code=\d+/);
    assert.match(cut, /^published \d event.*\ncode=130$/m);
  },
});

Deno.test({
  name: "bench draws its histogram as wide as the terminal",
  ignore,
  async fn() {
    await using hub = HubCommand.webSocket();
    await using terminal = await openTerminal(await hub.url(), { columns: 50 });
    await terminal.type("alkpubsub bench --seconds 2; echo code=$?");
    await terminal.until(/░ +\d+ %/);
    const end = await terminal.until(/code=\d+/);
    assert.match(end, /^received .* none l\n?ost$/m);
    const rows = end.split("\n").filter((line) => line.includes("≤"));
    assert.ok(rows.length >= 3, end);
    assert.ok(rows.some((row) => row.length >= 40 && row.length <= 50), end);
    assert.ok(
      rows.every((row) => / [<\d.]+ %$/.test(row) || !/█/.test(row)),
      end,
    );
    assert.match(end, /^code=0$/m);
  },
});

Deno.test({
  name:
    "top draws over its screen, follows keys and sizes, and leaves the terminal as it was",
  ignore,
  async fn() {
    await using hub = HubCommand.webSocket("--dashboard", "0");
    const { urls: [url = ""], dashboard = "" } = await hub.info;
    await using terminal = await openTerminal(url);
    const rate = "--rate 50 --repeat 100000 0";
    await terminal.type(`alkpubsub pub -q zebra 1 ${rate} 2>&1 &`);
    await terminal.type(`alkpubsub pub -q ant 1 ${rate} 2>&1 & clear`);
    await terminal.type("echo before");
    await terminal.until(/^before$/m);
    await terminal.type(`alkpubsub top ${dashboard}; echo code=$?`);
    const first = await terminal.until((screen) =>
      /^zebra:1 /m.test(screen) && /^ant:1 /m.test(screen)
    );
    assert.ok(!first.includes("before"), first);
    assert.match(first, /^2 connections {2}0 topics/);
    assert.match(first, /^TOPIC +EVENTS\/S +SENT\/S +BYTES\/S$/m);
    assert.match(first, /hub {3}r rate .* q ends$/);
    assert.equal(first.split("\n").length, 24);

    await terminal.press("n");
    await terminal.until(/^ant:1 .*\nzebra:1 /m);
    await terminal.resize(60, 16);
    await terminal.until((screen) => screen.split("\n").length === 16);
    await terminal.until((screen) =>
      screen.split("\n").some((line) =>
        line.startsWith("TOPIC") && line.length === 60
      )
    );
    await terminal.until(/^r rate .* q ends$/m);
    await terminal.press("Space");
    await terminal.until(/space goes on/);
    await terminal.press("q");
    const end = await terminal.until(/code=\d+/);
    assert.match(end, /^before$/m);
    assert.match(end, /^code=0$/m);

    await terminal.type(`clear; alkpubsub top ${dashboard}; echo code=$?`);
    await terminal.until(/q ends$/);
    await terminal.press("C-c");
    assert.match(await terminal.until(/code=\d+/), /^code=0$/m);
    // Lines that are typed are shown again.
    await terminal.type("echo aft''er; kill $(jobs -p)");
    await terminal.until(/^after$/m);
  },
});

Deno.test({
  name: "hub shows what goes through below what it is, and Ctrl-C drains it",
  ignore,
  async fn() {
    await using terminal = await openTerminal("", { rows: 30 });
    await terminal.type("alkpubsub hub --local --port 0; echo code=$?");
    const screen = await terminal.until(
      /^0 connections {2}0 topics {2}0 events\/s$/m,
    );
    assert.match(screen, /^node id {4}[0-9a-f]{64}$/m);
    assert.match(screen, /^ticket {5}endpoint[a-z2-7]+/m);
    assert.match(screen, /^WebSocket {2}ws:\/\/127\.0\.0\.1:\d+$/m);
    await terminal.press("C-c");
    const end = await terminal.until(/code=\d+/);
    assert.match(
      end,
      /^closing; Ctrl-C again ends at once\n0 connections, .* in .*\ncode=0$/m,
    );
  },
});

/** A file for one test. */
async function temporaryFile(text: string) {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, text);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}
