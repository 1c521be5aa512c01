/**
 * The demo of several hubs: `deno task demo:cluster [--engine nats|redis]`.
 *
 * An engine, three hub processes that serve iroh and WebSocket, and twelve
 * spokes, on the loopback interface. A hub is killed, then the engine; both come
 * back.
 */

import { parseArgs } from "node:util";
import { deferred } from "../../_deferred.ts";
import { BAD, CANNOT_RUN, GOOD, onInterrupt } from "../_ending.ts";
import { briefly } from "../_protocol.ts";
import { heading, paint, say } from "../_screen.ts";
import { programFault } from "../_servers.ts";
import { type EngineName, ENGINES, PROGRAMS } from "./_plan.ts";
import { Story } from "./_story.ts";
import { explain, judge, showTable } from "./_verdict.ts";
import { View } from "./_view.ts";

const HELP = `A live demo of @alkdev/pubsub over several hubs, 25 seconds long.

Usage: npx deno task demo:cluster [--engine ${ENGINES.join("|")}] [--quick]

  --engine  nats   link the hubs by nats-server (default)
            redis  link the hubs by redis-server
  --quick   leave no time to look at it
  --help    this text

Exit status: 0 delivered as promised, 1 not so or the demo broke, 2 it cannot
run like this.`;

/** Milliseconds to look at each of the five parts. */
const PAUSE = 3_200;
const QUICK_PAUSE = 500;

interface Choices {
  readonly engine: EngineName;
  readonly pause: number;
}

function readChoices(): Choices | number {
  try {
    const { values } = parseArgs({
      args: Deno.args,
      options: {
        engine: { type: "string", default: "nats" },
        quick: { type: "boolean", default: false },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      say(HELP);
      return GOOD;
    }
    const engine = ENGINES.find((name) => name === values.engine);
    if (engine) return { engine, pause: values.quick ? QUICK_PAUSE : PAUSE };
    throw new Error(
      `Unknown engine '${values.engine}': use ${ENGINES.join(" or ")}`,
    );
  } catch (error) {
    console.error(`${briefly(error)}\nTry: npx deno task demo:cluster --help`);
    return CANNOT_RUN;
  }
}

/** Why there is no such engine on this machine, and what to do. */
async function faultOf(engine: EngineName): Promise<string | undefined> {
  const program = PROGRAMS[engine];
  const fault = await programFault(program);
  if (fault === undefined) return undefined;
  const others = ENGINES.filter((name) => name !== engine);
  return `Cannot run the demo: ${fault}.
Install it, on Debian and Ubuntu by: apt-get install ${program}
or take --engine ${others.join(" or ")}`;
}

async function run({ engine, pause }: Choices): Promise<number> {
  const fault = await faultOf(engine);
  if (fault !== undefined) {
    console.error(fault);
    return CANNOT_RUN;
  }
  const view = new View();
  const story = new Story(engine, view, pause);
  const { cluster } = story;
  const interrupted = deferred<number>();
  onInterrupt(interrupted.resolve);
  try {
    say(
      `${paint("bold", "@alkdev/pubsub")}: three hubs, linked by ` +
        PROGRAMS[engine],
    );
    view.open(cluster);
    const status = await Promise.race([story.play(), interrupted.promise]);
    view.close();
    if (status !== undefined) return status;
    const rows = cluster.tally.rows();
    heading("What was published, and what became of it");
    showTable(rows);
    const missed = cluster.tally.incomplete("engine down");
    const losses = story.lost.map((counted, hub) => ({
      counted,
      missed: missed.get(hub) ?? 0,
    }));
    explain(rows, losses);
    return judge(rows, losses, story.faults) ? GOOD : BAD;
  } catch (error) {
    view.close();
    console.error(paint("red", `The demo broke: ${briefly(error)}`));
    return BAD;
  } finally {
    await cluster.kill();
  }
}

const choices = readChoices();
Deno.exit(typeof choices === "number" ? choices : await run(choices));
