// A sensor: measures, tells the hub, and does what the hub tells it alone.

import { BufferFullError, createEvent } from "@alkdev/pubsub";
import { createIrohSpokeEventTarget } from "@alkdev/pubsub/event-target-iroh-spoke";
import * as v from "valibot";
import { bindEndpoint, type EndpointChoices } from "../_endpoint.ts";
import { command, type FleetEvent } from "./events.ts";

/** What a sensor needs. */
export interface SensorChoices extends EndpointChoices {
  /** Where its hub is. */
  ticket: string;
  name: string;
  /** Milliseconds between two readings, until the hub says otherwise. */
  interval: number;
}

/** Starts a sensor; gives what ends it. */
export async function startSensor(
  choices: SensorChoices,
): Promise<() => Promise<void>> {
  const { name, ticket } = choices;
  let { interval } = choices;
  const endpoint = await bindEndpoint(choices);
  const me = endpoint.id().toString();
  console.log(`This is ${name}, node ${me}`);

  const spoke = await createIrohSpokeEventTarget<FleetEvent>({
    endpoint,
    hubNodeId: ticket,
    pingInterval: 2_000,
    pingTimeout: 1_000,
    reconnect: { maxDelay: 3_000 },
    waitOnFirstConnect: true,
    // While the hub is away: some hundred readings.
    backpressureLimit: 64 * 1024,
    onStatus(status) {
      if (status.type !== "error") console.log(status.type);
    },
  });
  void spoke.closed.then((error) => {
    if (error) console.error(error.message); // The hub does not want it.
    if (error) Deno.exit(1);
  });
  spoke.addEventListener(`direct:${me}`, ({ detail: { payload } }) => {
    if (!v.is(command, payload)) return;
    interval = payload.interval;
    console.log(`From now on every ${interval} ms`);
    clearTimeout(timer);
    measure();
  });

  let number = 0;
  let celsius = 18 + Math.random() * 6;
  let timer: ReturnType<typeof setTimeout>;
  measure();

  function measure(): void {
    timer = setTimeout(measure, interval);
    celsius += (21 - celsius) * 0.02 + (Math.random() - 0.5) * 0.4;
    number++;
    const payload = {
      ...{ name, number, interval },
      celsius: Math.round(celsius * 100) / 100,
    };
    try {
      // While the hub is away it waits in the spoke, and comes later.
      spoke.dispatchEvent(createEvent("reading.taken", me, payload));
    } catch (error) {
      // Too long away: the hub will see that a number is missing.
      if (!(error instanceof BufferFullError)) throw error;
    }
  }

  return async () => {
    clearTimeout(timer);
    await spoke.close(); // What waits is sent.
    await endpoint.close();
  };
}
