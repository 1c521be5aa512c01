// `pub`: publishes events, and ends once the hub has them.

import process from "node:process";
import { assertPublishable, createEvent, topicOf } from "../envelope.ts";
import { inLine } from "../_options.ts";
import type { Context } from "./_context.ts";
import { ExitCode, explain, Failure, UsageError } from "./_failure.ts";
import { durationText } from "./_duration.ts";
import { HubClients } from "./_hub_client.ts";
import { inputBytes, inputLines } from "./_lines.ts";
import { PacedPublisher } from "./_paced_publisher.ts";
import { ProgressLine } from "./_progress.ts";
import { bytesText, counted } from "./_quantity.ts";

/** A payload, and where it is from. */
interface Item {
  readonly payload: unknown;
  /** For complaints: `line 3 of standard input`. */
  readonly from: string;
  /** How much of all has been read with it, from 0 to 1, if that is known. */
  readonly part: number | undefined;
}

/** Publishes what was typed, or what comes on standard input. */
export async function run(context: Context): Promise<number> {
  const { args, notes, output, ending } = context;
  const { type, id, json } = whatToPublish(args.positionals);
  const times = args.number("repeat");
  if (json === undefined && times !== undefined) {
    throw new UsageError(
      `option --repeat needs JSON as an argument: ${usage(type, id, "'{}'")}`,
    );
  }
  // Before anything is connected to: what is wrong with it is known at once.
  const stop = new AbortController();
  const signal = AbortSignal.any([ending.signal, stop.signal]);
  const items = json === undefined
    ? inputItems(context, signal)
    : repeated(argument(json, args.flag("text")), times ?? 1);
  const clients = new HubClients(context);
  let lost: Error | undefined;
  const target = await clients.connectOnce(!!args.flag("wait"), (error) => {
    lost = error;
    stop.abort();
  });
  const publisher = new PacedPublisher(target, args.number("rate"));
  let part: number | undefined;
  const progress = new ProgressLine(notes, () => ({
    events: publisher.events,
    bytes: publisher.bytes,
    part,
  }));
  const begun = performance.now();
  let failure: unknown;
  try {
    for await (const item of items) {
      await publisher.turn(signal);
      if (signal.aborted) break;
      await publishItem(publisher, createEvent(type, id, item.payload), item);
      part = item.part;
    }
  } catch (error) {
    failure = error;
  }
  // Whatever ends it, what was published before is to arrive.
  if (!lost) await publisher.flush().catch((error) => failure ??= error);
  publisher.stop();
  progress.stop();
  // What fails behind a loss, fails by it.
  if (lost && !(failure instanceof Failure)) failure = lost;
  await clients.close();
  const { events, bytes, confirmed } = publisher;
  const topic = inLine(topicOf({ type, id }));
  const took = durationText(performance.now() - begun);
  if (args.flag("json")) {
    const seconds = Number(((performance.now() - begun) / 1_000).toFixed(6));
    output.line(JSON.stringify({ published: confirmed, bytes, seconds }));
  }
  if (failure !== undefined) {
    const why = clients.explain(failure);
    const before = confirmed === events
      ? `${counted(confirmed, "event")} before it`
      : `${counted(confirmed, "event")} arrived, ${
        events - confirmed
      } more may have`;
    throw new Failure(
      events === 0 ? why : `${why}; ${before}`,
      { cause: failure },
    );
  }
  const { isTTY } = process.stdin;
  if (events === 0 && !isTTY && !ending.signal.aborted) {
    throw new Failure(
      `standard input was empty: ${
        id === ""
          ? "give JSON as an argument, or null"
          : usage(type, id, "null")
      }`,
    );
  }
  const text = `published ${counted(events, "event")} to ${topic}` +
    (events > 1 ? `: ${bytesText(bytes)} in ${took}` : "");
  notes.say(notes.style.paint(text, "dim"));
  return ending.signal.aborted ? ending.code : ExitCode.OK;
}

/** What to type instead: what was taken for an id may have been meant as JSON. */
function usage(type: string, id: string, json: string): string {
  return id === ""
    ? `pub ${inLine(type)} ${json}`
    : `pub ${inLine(type)} "" ${inLine(id)}, if that is no id`;
}

/** @throws {UsageError} When the type can be of no event. */
function whatToPublish(
  words: readonly string[],
): { type: string; id: string; json: string | undefined } {
  const [type = "", second, third] = words;
  const isJson = third === undefined && /^\s*[{["]/.test(second ?? "");
  const id = isJson ? "" : second ?? "";
  try {
    assertPublishable({ type, id, payload: null });
  } catch (error) {
    const [, before, after] = /^([^:]+):(.*)$/s.exec(type) ?? [];
    throw new UsageError(
      before === undefined
        ? explain(error)
        : `the id of ${inLine(type)} is an argument of its own: pub ${
          inLine(before)
        } ${inLine(after!)}`,
    );
  }
  return { type, id, json: isJson ? second : third };
}

/** @throws {UsageError} When it is no JSON. */
function argument(json: string, isText: boolean | undefined): unknown {
  try {
    return payloadIn(json, "the argument", isText);
  } catch (error) {
    throw new UsageError(explain(error), { cause: error });
  }
}

/** @throws {Failure} That says where it is from. */
function payloadIn(
  text: string,
  from: string,
  isText: boolean | undefined,
): unknown {
  if (isText) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = explain(cause).replace(/ in JSON at position/, " at position");
    throw new Failure(
      `${from} is no JSON: ${why}; --text publishes text as it is`,
      { cause },
    );
  }
}

function* repeated(payload: unknown, times: number): Generator<Item> {
  for (let i = 1; i <= times; i++) {
    yield { payload, from: "the argument", part: i / times };
  }
}

async function* inputItems(
  { args, notes }: Context,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const isText = args.flag("text");
  const all = inputBytes();
  if (process.stdin.isTTY) {
    notes.say(notes.style.paint(
      `one ${isText ? "text" : "JSON"} a line; Ctrl-D ends`,
      "dim",
    ));
  }
  for await (const line of inputLines(signal)) {
    const from = `line ${line.number} of standard input`;
    yield {
      payload: payloadIn(line.text, from, isText),
      from,
      part: all && Math.min(1, line.position / all),
    };
  }
}

async function publishItem(
  publisher: PacedPublisher,
  event: ReturnType<typeof createEvent<string, unknown>>,
  { from }: Item,
): Promise<void> {
  try {
    publisher.dispatch(event);
  } catch (error) {
    const isIts = error instanceof TypeError || error instanceof RangeError ||
      (error as { code?: unknown })?.code === "FRAME_TOO_LARGE";
    throw isIts ? new Failure(`${from}: ${explain(error)}`) : error;
  }
  await publisher.room();
}
