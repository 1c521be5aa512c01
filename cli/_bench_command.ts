// `bench`: what a hub does, by way of this process.

import { assertPublishable, parseTopic } from "../envelope.ts";
import { type BenchPlan, type BenchResult, BenchRun } from "./_bench_run.ts";
import type { Context } from "./_context.ts";
import { durationText } from "./_duration.ts";
import { ExitCode, explain, Failure, UsageError } from "./_failure.ts";
import { histogramText } from "./_histogram.ts";
import { HubClients } from "./_hub_client.ts";
import { ProgressLine } from "./_progress.ts";
import { counted, countText, rateText } from "./_quantity.ts";

/** Milliseconds that the first events may take to come back. */
const PROBE_TIMEOUT = 3_000;

/** Runs it, and prints what came of it. */
export async function run(context: Context): Promise<number> {
  const { args, notes, output, ending } = context;
  const plan = planOf(context);
  const clients = new HubClients(context, {
    isTimed: plan.rate !== undefined,
  });
  const connect = (count: number) =>
    Promise.all(Array.from({ length: count }, () => clients.connect()));
  let progress: ProgressLine | undefined;
  try {
    const publishers = await connect(args.number("publishers")!);
    const subscribers = await connect(args.number("subscribers")!);
    const bench = new BenchRun(publishers, subscribers, plan);
    if (!await bench.probe(PROBE_TIMEOUT, ending)) {
      if (ending.signal.aborted) return ending.code;
      throw new Failure(
        `nothing came back from ${clients.name} in ${
          durationText(PROBE_TIMEOUT)
        }: it has to pass on what clients send (a hub with --relay), and to let this one do so`,
      );
    }
    notes.say(notes.style.paint(
      `${counted(publishers.length, "publisher")}, ${
        counted(subscribers.length, "subscriber")
      }, events of ${bench.bytes} bytes, via ${clients.name}`,
      "dim",
    ));
    progress = new ProgressLine(notes, () => ({
      events: bench.published,
      bytes: bench.published * bench.bytes,
      part: bench.part,
    }));
    const result = await bench.run(ending);
    progress.stop();
    if (args.flag("json")) output.line(JSON.stringify(jsonOf(result)));
    else output.line(resultText(result, context));
    // What was under way when it was ended may be.
    if (result.lost > 0 && !ending.signal.aborted) {
      throw new Failure(`${counted(result.lost, "event")} lost`);
    }
  } finally {
    progress?.stop();
    await clients.close();
  }
  return ending.signal.aborted ? ending.code : ExitCode.OK;
}

/** @throws {UsageError} When the topic can be of no event. */
function planOf({ args }: Context): BenchPlan {
  // Of its own, so that two runs do not get into each other's way.
  const own = `alkpubsub.bench:${crypto.randomUUID().slice(0, 8)}`;
  const { type, id } = parseTopic(args.text("topic") ?? own);
  try {
    assertPublishable({ type, id, payload: null });
  } catch (error) {
    throw new UsageError(explain(error));
  }
  const count = args.number("count");
  const isTimed = args.has("seconds") || count === undefined;
  return {
    ...{ type, id },
    size: args.number("size")!,
    count: count ?? Infinity,
    milliseconds: isTimed ? args.number("seconds")! * 1_000 : Infinity,
    rate: args.number("rate"),
  };
}

const QUANTILES = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;

function jsonOf(result: BenchResult) {
  const { published, received, lost, disordered, seconds, bytes } = result;
  const { latencies } = result;
  const rounded = (value: number) => Number(value.toFixed(3));
  const quantiles = Object.entries(QUANTILES).map((
    [name, part],
  ) => [name, rounded(latencies.quantile(part))]);
  return {
    published,
    received,
    lost,
    disordered,
    bytes,
    seconds: rounded(seconds),
    publishedPerSecond: Math.round(published / seconds),
    receivedPerSecond: Math.round(received / seconds),
    latency: {
      min: rounded(latencies.min),
      mean: rounded(latencies.mean),
      ...Object.fromEntries(quantiles),
      max: rounded(latencies.max),
    },
  };
}

function resultText(result: BenchResult, { output }: Context): string {
  const { style, columns } = output;
  const { published, received, lost, disordered, seconds, latencies } = result;
  const row = (name: string, count: number, rest: string) => {
    const rate = count / seconds;
    const megabytes = rate * result.bytes / 1e6;
    return `${style.paint(name.padEnd(10), "bold")} ${
      style.paint(`${rateText(rate).padStart(9)} events/s`, "cyan")
    } ${rateText(megabytes).padStart(6)} MB/s   ${rest}`;
  };
  const of = counted(published, "event");
  const losses = lost > 0
    ? style.paint(`${countText(lost)} lost`, "red", "bold")
    : style.paint("none lost", "green");
  const repeats = disordered > 0
    ? style.paint(`, ${countText(disordered)} out of order`, "red", "bold")
    : "";
  const times = [
    ...Object.entries(QUANTILES).map(([name, part]) =>
      `${name} ${durationText(latencies.quantile(part))}`
    ),
    `max ${durationText(latencies.max)}`,
  ];
  return [
    row("published", published, `${of} in ${durationText(seconds * 1_000)}`),
    row("received", received, losses + repeats),
    `${style.paint("latency".padEnd(10), "bold")} ${times.join("   ")}`,
    ...latencies.count > 0
      ? ["", histogramText(latencies, { style, columns })]
      : [],
  ].join("\n");
}
