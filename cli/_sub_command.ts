// `sub`: prints the events of topics.

import { parseTopic } from "../envelope.ts";
import { isPublishableTopic } from "../_envelope_fault.ts";
import { inLine } from "../_options.ts";
import type { TypedEvent } from "../typed_event_target.ts";
import type { Context } from "./_context.ts";
import { deferred } from "../_deferred.ts";
import { durationText } from "./_duration.ts";
import { eventText } from "./_event_text.ts";
import { ExitCode, UsageError } from "./_failure.ts";
import { HubClients } from "./_hub_client.ts";
import { colouredJson, jsonText } from "./_json_text.ts";
import { counted, countText } from "./_quantity.ts";

/** Prints events until there were enough, or it is ended. */
export async function run(context: Context): Promise<number> {
  const { args, notes, output, ending } = context;
  const topics = topicsOf(args.positionals);
  const pattern = topics.find((topic) => PATTERN.test(topic));
  if (pattern !== undefined) {
    notes.warn(
      `${inLine(pattern)} is a type as any other: there are no patterns`,
    );
  }
  const count = args.number("count") ?? Infinity;
  const timeout = args.duration("timeout");
  const clients = new HubClients(context);
  const target = await clients.connect({
    waitOnFirstConnect: !!args.flag("wait"),
  });
  const counts = new Map(topics.map((topic) => [topic, 0]));
  const enough = deferred<void>();
  const print = printer(context);
  let total = 0;
  const onEvent = ({ type, detail }: TypedEvent) => {
    if (total === count) return;
    total++;
    counts.set(type, counts.get(type)! + 1);
    try {
      print(detail, total);
    } catch (error) {
      enough.reject(error);
    }
    if (total === count) enough.resolve();
  };
  for (const topic of topics) target.addEventListener(topic, onEvent);
  const begun = performance.now();
  const timer = timeout === undefined
    ? undefined
    : setTimeout(() => enough.resolve(), timeout);
  let isOver = false;
  const lost = target.closed.then((error) => {
    if (error) throw error;
    if (!isOver) {
      notes.warn("the hub closed the connection");
    }
  });
  const listening = target.flush().then(() => {
    const names = topics.map((topic) => inLine(topic)).join(", ");
    if (!ending.signal.aborted) {
      notes.say(
        notes.style.paint(`listening on ${names} at ${clients.name}`, "dim"),
      );
    }
  }).catch(() => {}); // Lost already: it is told, and tried again.
  try {
    await ending.after(Promise.race([enough.promise, lost]));
    await ending.after(listening);
  } finally {
    isOver = true;
    clearTimeout(timer);
    for (const topic of topics) target.removeEventListener(topic, onEvent);
    await clients.close();
  }
  output.drain();
  notes.say(notes.style.paint(summaryOf(counts, total, begun), "dim"));
  if (total >= count || ending.reason === "unread") return ExitCode.OK;
  // To be ended is how it ends, unless it was to wait for so many.
  if (count === Infinity) return ExitCode.OK;
  return ending.signal.aborted ? ending.code : ExitCode.FAILURE;
}

/**
 * The topics to listen on: those of a type that is listened on as a whole would
 * come twice.
 *
 * @throws {UsageError} For what no event can have.
 */
function topicsOf(words: readonly string[]): string[] {
  const topics = new Set(words);
  for (const topic of topics) {
    const { type, id } = parseTopic(topic);
    if (!isPublishableTopic(topic)) {
      throw new UsageError(
        `no event has topic ${
          inLine(topic)
        }: its type is empty or begins with __`,
      );
    }
    if (id !== "" && topics.has(type)) topics.delete(topic);
  }
  return [...topics];
}

/** As patterns end on NATS and MQTT. */
const PATTERN = /(^|\.|\/)[*>#+]$/;

function printer({ args, output }: Context) {
  const { style } = output;
  if (!args.flag("pretty")) {
    return (envelope: TypedEvent["detail"]) =>
      output.line(colouredJson(jsonText(envelope), style));
  }
  return (envelope: TypedEvent["detail"], number: number) => {
    const { columns } = output;
    output.line(
      eventText(envelope, { style, columns, number, at: new Date() }),
    );
  };
}

/** `12 events in 3.4 s (message.sent 8, job.done 4)`. */
function summaryOf(
  counts: ReadonlyMap<string, number>,
  total: number,
  begun: number,
): string {
  const each = Array.from(
    counts,
    ([topic, count]) => `${inLine(topic)} ${countText(count)}`,
  );
  const parts = counts.size > 1 ? ` (${each.join(", ")})` : "";
  const took = durationText(performance.now() - begun);
  return `${counted(total, "event")} in ${took}${parts}`;
}
