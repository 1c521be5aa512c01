// The hub: takes readings, and tells one sensor or all how often to measure.

import { createEvent, type EventEnvelope } from "@alkdev/pubsub";
import {
  createIrohHubEventTarget,
  type HubConnection,
} from "@alkdev/pubsub/event-target-iroh-hub";
import * as v from "valibot";
import { bindEndpoint, type EndpointChoices, ticketOf } from "../_endpoint.ts";
import { plainText } from "../_plain_text.ts";
import { command, type FleetEvent, reading } from "./events.ts";
import { Fleet, type Row } from "./_fleet.ts";
import { View } from "./_view.ts";

/** What a hub needs. */
export interface HubChoices extends EndpointChoices {
  /** Node ids that may connect; anybody who knows the ticket when empty. */
  allow: readonly string[];
  /** What else can be typed; says whether it was that. */
  onCommand?: (words: string[], note: (text: string) => void) => boolean;
  /** How that is typed. */
  help?: string;
  onInterrupt: () => void;
}

/** A hub that runs. */
export interface RunningHub {
  readonly ticket: string;
  note(text: string): void;
  close(): Promise<void>;
}

/** Starts the hub. */
export async function startHub(choices: HubChoices): Promise<RunningHub> {
  const { allow, onCommand, help = "" } = choices;
  const fleet = new Fleet();
  const endpoint = await bindEndpoint(choices);
  const ticket = ticketOf(endpoint);

  const hub = await createIrohHubEventTarget<FleetEvent>({
    endpoint,
    // A sensor that was killed says nothing: found out in 3 seconds.
    pingInterval: 2_000,
    pingTimeout: 1_000,
    maxConnections: 1_000,
    maxFrameBytes: 1_024,
    // More than a sensor keeps while the hub is away, which comes at once.
    maxMessagesPerSecond: 1_000,
    authorizeConnection: ({ id }) => allow.length === 0 || allow.includes(id),
    // `direct` is kept to its owner by the hub itself.
    authorizeSubscribe: ({ topic }) => topic.startsWith("direct:"),
    authorizePublish: ({ connection, envelope }) =>
      mayPublish(connection, envelope),
    onConnection({ id }) {
      if (fleet.connected(id)) view.note(`+ ${fleet.nameOf(id)} is here`);
    },
    onDisconnection({ id }, { reason }) {
      if (!fleet.disconnected(id)) return;
      const why = plainText(reason) || "no reason given";
      view.note(`- ${fleet.nameOf(id)} is away: ${why}`);
    },
    onError: ({ error }) => view.note(`! ${plainText(error)}`),
  });
  hub.addEventListener("reading.taken", ({ detail: { id, payload } }) => {
    fleet.take(id, payload);
  });

  const usage = `NAME MS or all MS: measure that often${help}; Ctrl-C ends`;
  const view = new View(fleet, usage, obey, choices.onInterrupt);

  function obey(line: string): void {
    const words = line.split(/\s+/);
    if (line === "" || onCommand?.(words, (text) => view.note(text))) return;
    const [name = "", interval] = words;
    const payload = { interval: Number(interval) };
    const rows = name === "all" ? fleet.rows : fleet.find(name);
    if (!v.is(command, payload)) view.note(`? ${usage}`);
    else if (rows.length === 0) view.note(`? There is no ${name}`);
    else if (rows.length > 1 && name !== "all") view.note(whichOf(rows));
    else for (const row of rows) tell(row, payload.interval);
  }

  function tell({ id, name }: Row, interval: number): void {
    // A hub keeps nothing for those who are away.
    if (hub.subscribers(`direct:${id}`).length === 0) {
      return view.note(`? ${name} is away`);
    }
    hub.dispatchEvent(createEvent("direct", id, { interval }));
    view.note(`> ${name}: measure every ${interval} ms`);
  }

  return {
    ticket,
    note: (text) => view.note(text),
    async close() {
      await hub.close();
      await endpoint.close();
      view.close();
    },
  };
}

/** A sensor speaks for itself alone: its key proves who it is. */
function mayPublish(
  connection: HubConnection,
  { type, id, payload }: EventEnvelope,
): boolean {
  return type === "reading.taken" && id === connection.id &&
    v.is(reading, payload);
}

function whichOf(rows: readonly Row[]): string {
  const ids = rows.map(({ id }) => id.slice(0, 8)).join(", ");
  return `? There are ${rows.length} of that name: ${ids}`;
}
