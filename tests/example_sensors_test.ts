// The fleet of examples/sensors: hub and sensors as processes, over iroh.

import assert from "node:assert/strict";
import { decodeIrohTicket } from "../_iroh_ticket.ts";
import { createEvent } from "../envelope.ts";
import { createIrohSpokeEventTarget } from "../iroh_spoke.ts";
import { Example } from "./_example.ts";
import { number0 } from "./_iroh.ts";
import { envelopesOn } from "./_waiting.ts";

Deno.test.sanitizer({ ops: true, resources: true });

function testFleet(name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: `example sensors: ${name}`,
    ignore: number0.unavailable !== undefined,
    fn,
  });
}

/** A row as it is written into a pipe, once it passes. */
async function row(
  hub: Example,
  name: string,
  passes: (cells: Record<string, string>) => boolean,
): Promise<Record<string, string>> {
  let cells: Record<string, string> = {};
  await hub.lines.find((line) => {
    const [first, ...pairs] = line.trim().split(" ");
    if (first !== name || !line.startsWith("  ")) return false;
    cells = Object.fromEntries(pairs.map((pair) => pair.split("=")));
    return passes(cells);
  });
  return cells;
}

testFleet(
  "one command is a hub and five sensors, which are killed and come back",
  async () => {
    await using fleet = new Example("example:sensors", ["--story", "0"]);
    await fleet.find(/^= 5 of 5 sensors here, .* °C on average$/);
    await row(fleet, "attic", ({ count }) => Number(count) >= 1);

    await fleet.type("attic 20");
    await fleet.find(/^> attic: measure every 20 ms$/);
    await row(
      fleet,
      "attic",
      ({ every, count }) => every === "20ms" && Number(count) >= 50,
    );
    const { every } = await row(
      fleet,
      "office",
      ({ count }) => Number(count) >= 2,
    );
    assert.equal(every, "1000ms", "a command is for one sensor alone");

    const { node } = await row(fleet, "cellar", () => true);
    await fleet.type("kill cellar");
    await fleet.find(/^- cellar is away/);
    await row(fleet, "cellar", ({ state }) => state === "away");
    await fleet.type("cellar 20");
    await fleet.find(/^\? cellar is away$/);
    await fleet.type("start cellar");
    const back = await row(
      fleet,
      "cellar",
      ({ starts, state }) => starts === "2" && state === "here",
    );
    assert.equal(back.node, node, "it is the same node");
    await fleet.type("all 30");
    await row(fleet, "cellar", ({ every }) => every === "30ms");

    await fleet.type("nobody 20");
    await fleet.find(/^\? There is no nobody$/);
    await fleet.type("attic now");
    await fleet.find(/^\? NAME MS/);
    assert.equal(await fleet.stop(), 0);
    assert.deepEqual(fleet.errors.all, []);
  },
);

testFleet(
  "hub and sensors by themselves: a hub that was killed gets what it missed",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "pubsub-fleet-" });
    const key = ["--key", `${folder}/hub`];
    try {
      const first = new Example("example:sensors", ["hub", ...key]);
      const [ticket] = await first.find(/endpoint\w+/);
      await using sensor = new Example("example:sensors", [
        ...["sensor", "--name", "roof", "--interval", "50", ticket],
      ]);
      const [, id = ""] = await sensor.find(/node ([0-9a-f]{64})/);
      await row(first, "roof", ({ count }) => Number(count) >= 5);
      const v4 = decodeIrohTicket(ticket).addresses.find((address) =>
        address.startsWith("127.")
      );
      const port = v4!.split(":")[1]!;
      await first.kill();
      await sensor.find(/reconnecting/);

      // Only this one may come; it brings what it measured meanwhile.
      await using second = new Example("example:sensors", [
        ...["hub", ...key, "--port", port, "--allow", id],
      ]);
      const [again] = await second.find(/endpoint\w+/);
      await row(second, "roof", ({ count }) => Number(count) >= 5);

      await using stranger = new Example("example:sensors", [
        ...["sensor", "--name", "roof", again],
      ]);
      assert.equal(await stranger.ended(), 1);
      assert.match(stranger.errors.all.join("\n"), /refused/i);
      assert.equal(await second.stop(), 0);
      assert.equal(await sensor.stop(), 0, "without a hub, too");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testFleet(
  "nobody speaks for another, or listens to what others are told",
  async () => {
    await using hub = new Example("example:sensors", ["hub"]);
    const [ticket] = await hub.find(/endpoint\w+/);
    await using sensor = new Example("example:sensors", [
      ...["sensor", "--name", "roof", "--interval", "50", ticket],
    ]);
    const [, victim = ""] = await sensor.find(/node ([0-9a-f]{64})/);
    await row(hub, "roof", ({ count }) => Number(count) >= 1);

    await using own = await number0.createEndpoint();
    await using mallory = await createIrohSpokeEventTarget({
      endpoint: own.endpoint,
      hubNodeId: ticket,
    });
    const overheard = envelopesOn(mallory, "reading.taken");
    const commands = envelopesOn(mallory, `direct:${victim}`);
    const reading = { name: "roof", celsius: 99, number: 1, interval: 50 };
    for (
      const [type, id, payload] of [
        ["reading.taken", victim, reading],
        ["reading.taken", own.nodeId, { ...reading, name: "\x1b[2J" }],
        ["reading.taken", own.nodeId, { ...reading, celsius: "hot" }],
        ["direct", victim, { interval: 10 }],
      ] as const
    ) mallory.dispatchEvent(createEvent<string, unknown>(type, id, payload));
    await mallory.flush();
    await hub.type("roof 40");
    const { max } = await row(hub, "roof", ({ every }) => every === "40ms");
    assert.notEqual(max, "99.0");
    await mallory.flush();
    assert.deepEqual([overheard.all, commands.all], [[], []]);
    // It is here, and has measured nothing.
    const { count } = await row(hub, own.nodeId.slice(0, 8), () => true);
    assert.equal(count, "0");
  },
);
