/**
 * What targets count, as the text that Prometheus scrapes.
 *
 * @example Beside a hub, for a scraper
 * ```ts
 * import { createWebSocketServerEventTarget } from "@alkdev/pubsub/event-target-websocket-server";
 * import { createMetricsHandler } from "@alkdev/pubsub/metrics";
 *
 * const hub = createWebSocketServerEventTarget({ relay: true });
 * const metrics = createMetricsHandler({ chat: hub });
 * const response = metrics(new Request("http://127.0.0.1:9464/metrics"));
 * console.log(await response.text()); // alkpubsub_connections{target="chat"} 0 …
 * await hub.close();
 * ```
 *
 * `Deno.serve({ hostname: "127.0.0.1", port: 9464 }, metrics)` serves it to who is
 * on the same machine. It says nothing of events but how many and how large;
 * still, whoever can ask learns how many connections there are.
 *
 * @module
 */

import type { HubStats } from "./_hub_options.ts";
import { show } from "./_options.ts";
import { STATS_METRICS } from "./_stats_metrics.ts";
import type { TargetStats } from "./typed_event_target.ts";

export type {
  /** What has gone through a hub since it was made. */
  HubStats,
} from "./_hub_options.ts";
export type {
  /** What has gone through a target since it was made. */
  TargetStats,
} from "./typed_event_target.ts";

/** Whatever counts: every target of this library. */
export interface StatsSource {
  /** What has gone through it so far. */
  stats(): TargetStats | HubStats;
}

/** Targets by the name that they have in the metrics: the label `target`. */
export type MetricsTargets = Readonly<Record<string, StatsSource>>;

/** Options of {@linkcode metricsText}. */
export interface MetricsTextOptions {
  /**
   * Of Prometheus, version 0.0.4, or of OpenMetrics, version 1.0.0.
   *
   * @default {"prometheus"}
   */
  format?: "prometheus" | "openmetrics" | undefined;
}

/**
 * What targets count, as text.
 *
 * All names start with `alkpubsub_`; counters end in `_total`. A metric that a
 * target does not have, as `connections` of a spoke, has no line of it.
 *
 * @param targets Targets by name.
 * @param options Which text.
 * @returns The text: lines, each with a newline at its end.
 * @throws {TypeError} When a target has no `stats`, or the format is unknown.
 * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/}
 *
 * @example
 * ```ts
 * import { createEvent, createInProcessEventTarget } from "@alkdev/pubsub";
 * import { metricsText } from "@alkdev/pubsub/metrics";
 *
 * const jobs = createInProcessEventTarget();
 * jobs.dispatchEvent(createEvent("job.done", "7", "ok"));
 * console.log(metricsText({ jobs })); // alkpubsub_sent_events_total{target="jobs"} 1 …
 * await jobs.close();
 * ```
 */
export function metricsText(
  targets: MetricsTargets,
  { format = "prometheus" }: MetricsTextOptions = {},
): string {
  if (format !== "prometheus" && format !== "openmetrics") {
    throw new TypeError(
      `Cannot use format: ${
        show(format)
      } is not one of "prometheus", "openmetrics"`,
    );
  }
  const isOpen = format === "openmetrics";
  const all = Object.entries(targets).map(([name, target]) => {
    if (typeof target?.stats !== "function") {
      throw new TypeError(`Cannot use target: ${show(name)} has no stats`);
    }
    return { label: escaped(name), stats: target.stats() as Partial<HubStats> };
  });
  let text = "";
  for (const metric of STATS_METRICS) {
    const { of, kind, prometheus, description, factor = 1 } = metric;
    const family = `alkpubsub_${prometheus}`;
    const type = kind === "Counter" ? "counter" : "gauge";
    const sample = type === "counter" ? `${family}_total` : family;
    let lines = "";
    for (const { label, stats } of all) {
      const value = stats[of];
      if (value === undefined) continue;
      lines += `${sample}{target="${label}"} ${value * factor}\n`;
    }
    if (lines === "") continue;
    // OpenMetrics has the name of a counter without what its samples end in.
    const described = isOpen ? family : sample;
    text +=
      `# HELP ${described} ${description}.\n# TYPE ${described} ${type}\n${lines}`;
  }
  return isOpen ? `${text}# EOF\n` : text;
}

/**
 * Answers a scraper, in the format that it asks for.
 *
 * @param targets Targets by name.
 * @returns For `Deno.serve`, `Bun.serve`, Hono, or a route of one's own; it looks
 * at the method and at `Accept`, not at the path.
 * @throws {TypeError} When a target has no `stats`.
 *
 * @example
 * ```ts
 * import { createInProcessEventTarget } from "@alkdev/pubsub";
 * import { createMetricsHandler } from "@alkdev/pubsub/metrics";
 *
 * const jobs = createInProcessEventTarget();
 * const metrics = createMetricsHandler({ jobs });
 * console.log(metrics(new Request("http://localhost/metrics")).status); // 200
 * await jobs.close();
 * ```
 */
export function createMetricsHandler(
  targets: MetricsTargets,
): (request: Request) => Response {
  metricsText(targets); // What is wrong with them is told now.
  return (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("Ask by GET\n", {
        status: 405,
        headers: { allow: "GET, HEAD" },
      });
    }
    const accepted = request.headers.get("accept") ?? "";
    const isOpen = prefersOpenMetrics(accepted);
    const text = metricsText(targets, {
      format: isOpen ? "openmetrics" : "prometheus",
    });
    return new Response(request.method === "HEAD" ? null : text, {
      headers: {
        "content-type": isOpen
          ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
          : "text/plain; version=0.0.4; charset=utf-8",
        "cache-control": "no-store",
      },
    });
  };
}

/** Whether it is asked for, and no less than plain text (RFC 9110, 12.5.1). */
function prefersOpenMetrics(accept: string): boolean {
  const weights = new Map<string, number>();
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((one) =>
      one.trim().toLowerCase()
    );
    const parameter = parameters.find((one) => one.startsWith("q="));
    const weight = parameter === undefined ? 1 : Number(parameter.slice(2));
    weights.set(type, Math.max(weight || 0, weights.get(type) ?? 0));
  }
  const open = weights.get("application/openmetrics-text") ?? 0;
  return open > 0 && open >= (weights.get("text/plain") ?? 0);
}

/** As the value of a label. */
function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}
