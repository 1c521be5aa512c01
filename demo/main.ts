/**
 * The demo: `deno task demo [--binding number0|rayhanadev]`.
 *
 * A hub and three spokes, each a process of its own, on real QUIC over the
 * loopback interface. Half-way the hub is killed and started again.
 */

import { parseArgs } from "node:util";
import { Conductor } from "./_conductor.ts";
import { createEndpoint } from "./_endpoint.ts";
import { BAD, CANNOT_RUN, GOOD, onInterrupt } from "./_ending.ts";
import { hasPrivateDns, runWithPrivateDns } from "./_private_dns.ts";
import { type BindingName, BINDINGS, briefly } from "./_protocol.ts";
import {
  continued,
  heading,
  paint,
  say,
  showColumns,
  showTable,
} from "./_screen.ts";
import { AFTER, BEFORE, MEANWHILE } from "./_script.ts";

const HELP = `A live demo of @alkdev/pubsub over iroh, about ten seconds long.

Usage: npx deno task demo [--binding ${BINDINGS.join("|")}]

  --binding  number0     the official binding, @number0/iroh (default)
             rayhanadev  the community binding, @rayhanadev/iroh; Linux only
  --help     this text

Exit status: 0 every event arrived, 1 one was missed or the demo broke,
2 it cannot run like this.`;

function readBinding(): BindingName | number {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        binding: { type: "string", default: "number0" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      say(HELP);
      return GOOD;
    }
    const binding = BINDINGS.find((name) => name === values.binding);
    if (binding) return binding;
    throw new Error(
      `Unknown binding '${values.binding}': use ${BINDINGS.join(" or ")}`,
    );
  } catch (error) {
    console.error(`${briefly(error)}\nTry: npx deno task demo --help`);
    return CANNOT_RUN;
  }
}

/** Why the binding cannot be used on this machine, if it cannot. */
async function faultOf(binding: BindingName): Promise<string | undefined> {
  try {
    await (await createEndpoint(binding)).close();
    return undefined;
  } catch (error) {
    return briefly(error);
  }
}

async function perform(conductor: Conductor): Promise<void> {
  heading("A hub starts, and three spokes dial it");
  const { nodeId, address } = await conductor.startHub();
  continued(
    `the spokes dial its ${address === nodeId ? "public key" : "ticket"}`,
  );
  continued(address.length > 64 ? `${address.slice(0, 63)}…` : address);
  await conductor.startSpokes();

  heading("Everybody is connected: each event goes to its subscribers alone");
  showColumns();
  await conductor.everybodyConnected();
  await conductor.play(BEFORE, true);
  await conductor.settle();

  heading("The hub dies; the spokes ping it every 500 ms and give it 500 more");
  await conductor.killHub();
  await conductor.lossNoticed();
  await conductor.play(MEANWHILE, false);

  heading("The hub starts again with the same key; nobody tells the spokes");
  await conductor.startHub();
  await conductor.everybodyConnected();
  await conductor.settle();

  heading("Everybody is connected again: no spoke had to subscribe again");
  showColumns();
  await conductor.play(AFTER, true);
  await conductor.settle();
  await conductor.stop();
}

/** Shows the table; whether every event that counts arrived exactly once. */
function judge(conductor: Conductor): boolean {
  heading("What was sent while everybody was connected, and what arrived");
  const { ledger, faults } = conductor;
  const rows = conductor.rows();
  showTable(rows);
  say("noticed in: after the kill; back in: after the hub was back");
  const waited = ledger.events.filter(({ counts }) => !counts);
  const lost = waited.filter(({ took }) => !took.has("hub")).length;
  const late =
    waited.filter(({ took, receivers }) => took.size < receivers.length).length;
  say(
    `\nSent while there was no hub: ${waited.length} events. They waited in ` +
      `their spokes;\n${waited.length - lost} of them reached the hub once ` +
      "it was back.",
  );
  if (late > lost) {
    say(
      "A spoke that was back later than that missed them: no history is kept.",
    );
  }
  const missed = rows.reduce((n, row) => n + row.expected - row.delivered, 0);
  const extra = rows.reduce((n, row) => n + row.duplicates, 0);
  if (missed + extra + lost + faults === 0) {
    say(
      paint(
        "green",
        "PASSED: what was sent while everybody was connected arrived, exactly once",
      ),
    );
    return true;
  }
  say(paint(
    "red",
    `FAILED: ${missed} deliveries missed, ${extra} too many, ` +
      `${lost} waiting events lost, ${faults} faults`,
  ));
  return false;
}

async function run(binding: BindingName): Promise<number> {
  if (binding === "rayhanadev" && !hasPrivateDns()) {
    const result = await runWithPrivateDns(import.meta.url, Deno.args);
    if (typeof result === "number") return result;
    console.error(
      "Cannot run the demo on @rayhanadev/iroh: it finds peers in DNS alone, " +
        `and this machine allows no private DNS (${result})`,
    );
    return CANNOT_RUN;
  }
  const fault = await faultOf(binding);
  if (fault !== undefined) {
    console.error(`Cannot run the demo on @${binding}/iroh: ${fault}`);
    return CANNOT_RUN;
  }
  const conductor = new Conductor(binding);
  let interrupted: number | undefined;
  onInterrupt((status) => {
    interrupted = status;
    void conductor.kill(); // which breaks off what is under way
  });
  try {
    say(
      `${paint("bold", "@alkdev/pubsub")} on @${binding}/iroh: a hub and ` +
        "three spokes, each a process",
    );
    await perform(conductor);
    const passed = judge(conductor);
    return interrupted ?? (passed ? GOOD : BAD);
  } catch (error) {
    if (interrupted !== undefined) return interrupted;
    console.error(paint("red", `The demo broke: ${briefly(error)}`));
    return BAD;
  } finally {
    await conductor.kill();
  }
}

const binding = readBinding();
Deno.exit(typeof binding === "number" ? binding : await run(binding));
