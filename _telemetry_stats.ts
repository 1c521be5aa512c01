// What targets count, as metrics that OpenTelemetry asks for.

import type { HubStats } from "./_hub_options.ts";
import type {
  OpenTelemetryAttributes,
  OpenTelemetryMeter,
  OpenTelemetryObservable,
  OpenTelemetryResult,
} from "./_telemetry_types.ts";
import type { TargetStats } from "./typed_event_target.ts";

type Kind = "Counter" | "UpDownCounter" | "Gauge";

interface Metric {
  readonly of: keyof TargetStats | keyof HubStats;
  readonly name: string;
  readonly kind: Kind;
  /** In UCUM. */
  readonly unit: string;
  readonly description: string;
  /** How the unit compares to that of the number. */
  readonly factor?: number;
}

/** The semantic conventions have names for none of these. */
const METRICS: readonly Metric[] = [
  {
    of: "sentEvents",
    name: "sent.events",
    kind: "Counter",
    unit: "{event}",
    description: "Events sent, on hubs to each connection",
  },
  {
    of: "sentBytes",
    name: "sent.io",
    kind: "Counter",
    unit: "By",
    description: "Bytes of the events sent",
  },
  {
    of: "receivedEvents",
    name: "received.events",
    kind: "Counter",
    unit: "{event}",
    description: "Events received",
  },
  {
    of: "receivedBytes",
    name: "received.io",
    kind: "Counter",
    unit: "By",
    description: "Bytes of the events received",
  },
  {
    of: "bufferedBytes",
    name: "buffer.usage",
    kind: "UpDownCounter",
    unit: "By",
    description: "Bytes that wait to be taken",
  },
  {
    of: "reconnects",
    name: "reconnects",
    kind: "Counter",
    unit: "{connection}",
    description: "Connections made anew",
  },
  {
    of: "rtt",
    name: "rtt",
    kind: "Gauge",
    unit: "s",
    description: "Time that the last answer took that was timed",
    factor: 1e-3,
  },
  {
    of: "connections",
    name: "connection.count",
    kind: "UpDownCounter",
    unit: "{connection}",
    description: "Connections of a hub",
  },
  {
    of: "topics",
    name: "topic.count",
    kind: "UpDownCounter",
    unit: "{topic}",
    description: "Topics that a connection is subscribed to",
  },
  {
    of: "subscriptions",
    name: "subscription.count",
    kind: "UpDownCounter",
    unit: "{subscription}",
    description: "Pairs of connection and topic",
  },
  {
    of: "accepted",
    name: "connection.accepted",
    kind: "Counter",
    unit: "{connection}",
    description: "Connections admitted",
  },
  {
    of: "slowConsumers",
    name: "connection.slow",
    kind: "Counter",
    unit: "{connection}",
    description: "Connections closed because they did not read",
  },
  {
    of: "faults",
    name: "faults",
    kind: "Counter",
    unit: "{fault}",
    description: "Faults of peers, refusals, listeners that threw",
  },
];

/**
 * Has a meter ask for what a target counts, until once behind its end.
 *
 * @param ended Settles when the target counts no more.
 */
export function observeStats(
  meter: OpenTelemetryMeter,
  stats: () => TargetStats | HubStats,
  attributes: OpenTelemetryAttributes,
  ended: Promise<unknown>,
): void {
  const present = stats();
  const metrics = METRICS.filter(({ of }) => of in present);
  const observables = metrics.map((metric) => create(meter, metric));
  let hasEnded = false;
  void ended.then(() => hasEnded = true);
  const ask = (result: OpenTelemetryResult) => {
    const now: Partial<HubStats> = stats();
    metrics.forEach(({ of, factor = 1 }, i) => {
      const value = now[of];
      if (value === undefined) return;
      result.observe(observables[i]!, value * factor, attributes);
    });
    // Not while the others are asked.
    if (hasEnded) queueMicrotask(stop);
  };
  const stop = () => meter.removeBatchObservableCallback(ask, observables);
  meter.addBatchObservableCallback(ask, observables);
}

function create(
  meter: OpenTelemetryMeter,
  { name, kind, unit, description }: Metric,
): OpenTelemetryObservable {
  const options = { unit, description };
  const full = `alkpubsub.${name}`;
  switch (kind) {
    case "Counter":
      return meter.createObservableCounter(full, options);
    case "UpDownCounter":
      return meter.createObservableUpDownCounter(full, options);
    case "Gauge":
      return meter.createObservableGauge(full, options);
  }
}
