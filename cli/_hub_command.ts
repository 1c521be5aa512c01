// `hub`: serves until it is ended.

import type { HubStats } from "../_hub_options.ts";
import type { Context } from "./_context.ts";
import { durationText } from "./_duration.ts";
import { ExitCode } from "./_failure.ts";
import { FaultLog } from "./_fault_log.ts";
import { hubPlan } from "./_hub_plan.ts";
import { hubText } from "./_hub_text.ts";
import { counted, rateText } from "./_quantity.ts";
import { ServedHub } from "./_served_hub.ts";

/** Milliseconds between two looks at what goes through. */
const LOOK_INTERVAL = 1_000;

/** Serves until it is ended. */
export async function run(context: Context): Promise<number> {
  const { args, notes, output, ending } = context;
  const plan = hubPlan(args);
  const log = new FaultLog(notes);
  ending.onSignal((isFirst) => {
    if (isFirst) notes.say("closing; Ctrl-C again ends at once");
  });
  const starting = ServedHub.start(plan, context, log);
  await ending.after(starting);
  if (ending.signal.aborted) {
    notes.status("");
    // An engine that does not answer is not waited for.
    starting.then((served) => served.close()).catch(() => {});
    return ending.code;
  }
  const served = await starting;
  const { nodeId, ticket, urls, dashboard, engine } = served;
  if (args.flag("json")) {
    output.line(
      JSON.stringify({
        nodeId,
        ticket,
        urls,
        dashboard,
        engine: engine?.name,
      }),
    );
  } else notes.say(hubText(served, plan, notes));
  const begun = performance.now();
  const stopLooking = look(context, served);
  const ended = Promise.race(served.hubs.map((hub) => hub.closed));
  try {
    await ending.after(ended);
    if (!ending.signal.aborted) throw await ended;
  } finally {
    stopLooking();
    await served.close();
    log.close();
  }
  const { accepted, receivedEvents, sentEvents } = statsOf(served);
  const took = durationText(performance.now() - begun);
  notes.say(notes.style.paint(
    `${counted(accepted, "connection")}, ${
      counted(receivedEvents, "event")
    } in, ${counted(sentEvents, "event")} out in ${took}`,
    "dim",
  ));
  // To be ended is how it ends.
  return ExitCode.OK;
}

/** Shows what goes through, in a terminal; gives what stops that. */
function look({ notes }: Context, served: ServedHub): () => void {
  if (!notes.isTerminal) return () => {};
  let before = statsOf(served);
  const timer = setInterval(() => {
    const now = statsOf(served);
    const events = now.receivedEvents - before.receivedEvents;
    const rate = rateText(events * 1_000 / LOOK_INTERVAL);
    before = now;
    notes.status(notes.style.paint(
      [
        counted(now.connections, "connection"),
        counted(now.topics, "topic"),
        `${rate} events/s`,
      ].join("  "),
      "dim",
    ));
  }, LOOK_INTERVAL);
  return () => {
    clearInterval(timer);
    notes.status("");
  };
}

/** Of all hubs together. */
function statsOf({ hubs }: ServedHub) {
  const all: HubStats[] = hubs.map((hub) => hub.stats());
  const sum = (
    name:
      | "accepted"
      | "connections"
      | "receivedEvents"
      | "sentEvents"
      | "topics",
  ) => all.reduce((sum, stats) => sum + stats[name], 0);
  return {
    accepted: sum("accepted"),
    connections: sum("connections"),
    topics: sum("topics"),
    receivedEvents: sum("receivedEvents"),
    sentEvents: sum("sentEvents"),
  };
}
