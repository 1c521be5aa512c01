// `ping`: how long a hub takes to answer, as ping(8) tells it.

import type { SpokeEventTarget } from "../_spoke_options.ts";
import { within } from "../_deferred.ts";
import type { Context } from "./_context.ts";
import { durationText } from "./_duration.ts";
import { ExitCode, explain } from "./_failure.ts";
import { HubClients } from "./_hub_client.ts";
import { Latencies } from "./_latencies.ts";

/** Pings until there were enough, or it is ended. */
export async function run(context: Context): Promise<number> {
  const { args, output, ending } = context;
  const count = args.number("count") ?? Infinity;
  const interval = args.duration("interval")!;
  const timeout = args.duration("timeout")!;
  const isJson = args.flag("json");
  const clients = new HubClients(context);
  const target = await clients.connect({ connectTimeout: timeout });
  const times = new Latencies();
  let sent = 0;
  while (sent < count && !ending.signal.aborted) {
    const begun = performance.now();
    sent++;
    const answer = ping(target, timeout);
    await ending.after(answer);
    if (ending.signal.aborted) {
      sent--; // It was not given its time.
      break;
    }
    const result = await answer;
    if (typeof result === "number") times.add(result);
    output.line(
      isJson
        ? JSON.stringify(lineOf(sent, result))
        : typeof result === "number"
        ? `answer from ${clients.name}: seq=${sent} time=${
          durationText(result)
        }`
        : `no answer from ${clients.name}: seq=${sent} (${explain(result)})`,
    );
    const rest = interval - (performance.now() - begun);
    if (sent < count && rest > 0) await ending.wait(rest);
  }
  const summary = summaryOf(sent, times);
  if (isJson) output.line(JSON.stringify(summary));
  else output.line(summaryText(clients.name, summary));
  await clients.close();
  return times.count > 0 ? ExitCode.OK : ExitCode.FAILURE;
}

/** Milliseconds, or why there was no answer. */
function ping(
  target: SpokeEventTarget,
  timeout: number,
): Promise<number | Error> {
  const begun = performance.now();
  const answered = target.flush().then(
    () => performance.now() - begun,
    (error: Error) => error,
  );
  return within(
    answered,
    timeout,
    () => new Error(`nothing in ${durationText(timeout)}`),
  );
}

function lineOf(seq: number, result: number | Error) {
  return typeof result === "number"
    ? { seq, ms: rounded(result) }
    : { seq, error: explain(result) };
}

/** What is said at the end; times in milliseconds. */
export interface Summary {
  readonly sent: number;
  readonly answered: number;
  readonly min?: number;
  readonly avg?: number;
  readonly max?: number;
}

/** What all answers came to. */
export function summaryOf(sent: number, times: Latencies): Summary {
  const { count: answered, min, mean, max } = times;
  if (answered === 0) return { sent, answered };
  return {
    ...{ sent, answered },
    min: rounded(min),
    avg: rounded(mean),
    max: rounded(max),
  };
}

function summaryText(name: string, summary: Summary): string {
  const { sent, answered, min, avg, max } = summary;
  const lost = sent === 0 ? 0 : Math.round(100 * (sent - answered) / sent);
  const head =
    `--- ${name}\n${sent} sent, ${answered} answered, ${lost} % lost`;
  if (answered === 0) return head;
  return `${head}\nmin ${durationText(min!)}  avg ${durationText(avg!)}  max ${
    durationText(max!)
  }`;
}

/** To microseconds. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}
