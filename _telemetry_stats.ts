// What targets count, as metrics that OpenTelemetry asks for.

import type { HubStats } from "./_hub_options.ts";
import { STATS_METRICS, type StatsMetric } from "./_stats_metrics.ts";
import type {
  OpenTelemetryAttributes,
  OpenTelemetryMeter,
  OpenTelemetryObservable,
  OpenTelemetryResult,
} from "./_telemetry_types.ts";
import type { TargetStats } from "./typed_event_target.ts";

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
  const metrics = STATS_METRICS.filter(({ of }) => of in present);
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
  { openTelemetry, kind, unit, description }: StatsMetric,
): OpenTelemetryObservable {
  const options = { unit, description };
  const full = `alkpubsub.${openTelemetry}`;
  switch (kind) {
    case "Counter":
      return meter.createObservableCounter(full, options);
    case "UpDownCounter":
      return meter.createObservableUpDownCounter(full, options);
    case "Gauge":
      return meter.createObservableGauge(full, options);
  }
}
