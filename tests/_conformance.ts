// What every end of every transport has to do, whatever is in between: one
// suite, played on all of them by `conformance_test.ts`.

import { closingScenarios } from "./_conformance_closing.ts";
import { hubScenarios } from "./_conformance_hub.ts";
import { listenerScenarios } from "./_conformance_listeners.ts";
import { payloadScenarios } from "./_conformance_payloads.ts";
import { pubsubScenarios } from "./_conformance_pubsub.ts";
import { topicScenarios } from "./_conformance_topics.ts";
import { trafficScenarios } from "./_conformance_traffic.ts";
import type { Scenario, Traits } from "./_conformance_wire.ts";

export const scenarios: readonly Scenario[] = [
  ...listenerScenarios,
  ...topicScenarios,
  ...payloadScenarios,
  ...trafficScenarios,
  ...closingScenarios,
  ...hubScenarios,
  ...pubsubScenarios,
];

/** The scenarios that are for such an end. */
export function scenariosFor(traits: Traits): Scenario[] {
  return scenarios.filter(({ where }) => where?.(traits) ?? true);
}

/** A scenario by its name: what travels to the thread that is to play it. */
export function scenarioNamed(name: string): Scenario {
  const found = scenarios.find((one) => one.name === name);
  if (!found) throw new Error(`Cannot find scenario: ${name}`);
  return found;
}
