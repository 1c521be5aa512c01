// The command line in a narrow terminal: what does not fit is cut off.

import assert from "node:assert/strict";
import { Command, HubCommand, inDenoCli } from "./_command_line.ts";
import { findTmux, Terminal } from "./_terminal.ts";

Deno.test.sanitizer({ ops: true, resources: true });

const ignore = findTmux() === undefined;
if (ignore) {
  console.warn("Skipping the tests in a narrow terminal: there is no tmux");
}

/** A terminal in which `alkpubsub` is a command. */
function openTerminal(columns: number): Promise<Terminal> {
  const program = inDenoCli.map((word) => `'${word}'`).join(" ");
  return Terminal.open({
    ...{ columns, rows: 16 },
    setup: `PS2=; alkpubsub() { ${program} "$@"; }`,
  });
}

Deno.test({
  name: "a status line that is wider than the terminal leaves nothing behind",
  ignore,
  async fn() {
    await using terminal = await openTerminal(24);
    await terminal.type("clear; alkpubsub hub --no-iroh --port 0; echo end=$?");
    // The last column has what came last.
    await terminal.until(/\n0 connections {2}0 topic..$/);
    await terminal.press("C-c");
    const end = await terminal.until(/end=\d+/);
    assert.match(end, /\nclosing; Ctrl-C again en\nds at once\n/);
    assert.ok(!/ 0 topic/.test(end), end);
  },
});

Deno.test({
  name: "top keeps its lines in a narrow terminal, with characters two wide",
  ignore,
  async fn() {
    await using hub = HubCommand.webSocket("--dashboard", "0");
    const { urls: [url = ""], dashboard = "" } = await hub.info;
    await using sub = new Command(
      ["sub", `a:${"\u5bbd".repeat(40)}`, "--hub", url],
    );
    await sub.noting("listening");
    await using pub = new Command(
      [
        ...["pub", "a", "\u5bbd".repeat(40), "[1]", "--repeat", "9999"],
        ...["--rate", "50", "--hub", url],
      ],
    );
    await sub.printing("[1]");
    await using terminal = await openTerminal(40);
    await terminal.type(`alkpubsub top ${dashboard}`);
    const screen = await terminal.until(/^a:\u5bbd/m);
    const lines = screen.split("\n");
    assert.match(lines[0]!, /^2 connections /);
    assert.match(lines[4]!, /^TOPIC /);
    assert.match(lines[5]!, /^a:\u5bbd/);
    assert.equal(lines.length, 16, screen);
    await terminal.press("q");
    await terminal.prompted();
    await pub.interrupt();
  },
});
