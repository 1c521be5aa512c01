// What targets count, as metrics: by what names, in which units.

import type { HubStats } from "./_hub_options.ts";
import type { TargetStats } from "./typed_event_target.ts";

/** One number of `stats()` as a metric. */
export interface StatsMetric {
  readonly of: keyof TargetStats | keyof HubStats;
  /** A counter only grows; a gauge cannot be added up, the third can. */
  readonly kind: "Counter" | "UpDownCounter" | "Gauge";
  /** Behind `alkpubsub_`; counters end in `_total` besides. */
  readonly prometheus: string;
  /** Behind `alkpubsub.`: the semantic conventions have names for none of these. */
  readonly openTelemetry: string;
  /** In UCUM. */
  readonly unit: string;
  /** A sentence without its full stop. */
  readonly description: string;
  /** How the unit compares to that of the number; 1 unless given. */
  readonly factor?: number;
}

/** All of them, in the order of the text for Prometheus. */
export const STATS_METRICS: readonly StatsMetric[] = [
  {
    of: "sentEvents",
    kind: "Counter",
    prometheus: "sent_events",
    openTelemetry: "sent.events",
    unit: "{event}",
    description: "Events sent, on hubs to each connection",
  },
  {
    of: "sentBytes",
    kind: "Counter",
    prometheus: "sent_bytes",
    openTelemetry: "sent.io",
    unit: "By",
    description: "Bytes of the events sent",
  },
  {
    of: "receivedEvents",
    kind: "Counter",
    prometheus: "received_events",
    openTelemetry: "received.events",
    unit: "{event}",
    description: "Events received",
  },
  {
    of: "receivedBytes",
    kind: "Counter",
    prometheus: "received_bytes",
    openTelemetry: "received.io",
    unit: "By",
    description: "Bytes of the events received",
  },
  {
    of: "bufferedBytes",
    kind: "UpDownCounter",
    prometheus: "buffered_bytes",
    openTelemetry: "buffer.usage",
    unit: "By",
    description: "Bytes that wait to be taken",
  },
  {
    of: "reconnects",
    kind: "Counter",
    prometheus: "reconnects",
    openTelemetry: "reconnects",
    unit: "{connection}",
    description: "Connections made anew",
  },
  {
    of: "rtt",
    kind: "Gauge",
    prometheus: "rtt_seconds",
    openTelemetry: "rtt",
    unit: "s",
    description: "Time that the last answer took that was timed",
    factor: 1e-3,
  },
  {
    of: "connections",
    kind: "UpDownCounter",
    prometheus: "connections",
    openTelemetry: "connection.count",
    unit: "{connection}",
    description: "Connections of a hub",
  },
  {
    of: "topics",
    kind: "UpDownCounter",
    prometheus: "topics",
    openTelemetry: "topic.count",
    unit: "{topic}",
    description: "Topics that a connection is subscribed to",
  },
  {
    of: "subscriptions",
    kind: "UpDownCounter",
    prometheus: "subscriptions",
    openTelemetry: "subscription.count",
    unit: "{subscription}",
    description: "Pairs of connection and topic",
  },
  {
    of: "accepted",
    kind: "Counter",
    prometheus: "accepted_connections",
    openTelemetry: "connection.accepted",
    unit: "{connection}",
    description: "Connections admitted",
  },
  {
    of: "slowConsumers",
    kind: "Counter",
    prometheus: "slow_consumers",
    openTelemetry: "connection.slow",
    unit: "{connection}",
    description: "Connections closed because they did not read",
  },
  {
    of: "faults",
    kind: "Counter",
    prometheus: "faults",
    openTelemetry: "faults",
    unit: "{fault}",
    description: "Faults of peers, refusals, listeners that threw",
  },
];
