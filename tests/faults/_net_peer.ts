// A hub or a spoke in a process of its own, told by lines of JSON on its
// standard input what to do, which says by such lines what happens to it. Its
// argument is an `Assignment`.

import { createEvent } from "../../mod.ts";
import { PubSubError } from "../../errors.ts";
import type { ConnectionOptions } from "../../_connection_options.ts";
import type { SpokeOptions } from "../../_spoke_options.ts";
import { valuesOf } from "./_net_lines.ts";
import {
  openHub,
  openSpoke,
  type Place,
  type TransportName,
} from "./_net_transports.ts";

/** What a process is to be. */
export interface Assignment {
  readonly transport: TransportName;
  readonly options: ConnectionOptions & SpokeOptions;
  /** Where a spoke's hub is; a hub has none. */
  readonly hub?: Place & { readonly addresses: readonly string[] };
}

/** What a process can be told to do; each is answered by one line. */
export type Command =
  /** Dispatch the events of these numbers, the last included. */
  | { readonly do: "send"; readonly from: number; readonly to: number }
  | { readonly do: "flush" }
  /** A hub alone: answers with the topics of each connection. */
  | { readonly do: "topics" }
  /** A spoke alone. */
  | { readonly do: "moved"; readonly address: string };

/** What a process says. */
export interface Line {
  readonly ready?: Place;
  /** The number of an event that arrived. */
  readonly heard?: number;
  /** Of a spoke; `code` is that of the error. */
  readonly status?: { readonly type: string; readonly code?: string };
  /** Of a hub. */
  readonly fault?: string;
  /** Of a hub: why a connection ended. */
  readonly disconnection?: string;
  /** The next command is done, or could not be. */
  readonly answer?: { readonly value?: unknown; readonly failed?: string };
}

/** The spoke listens on that many topics, which the hub's events go around. */
export const TOPICS = 20;

export const topics = Array.from({ length: TOPICS }, (_, i) => `down:${i}`);

const codeOf = (error: unknown) =>
  error instanceof PubSubError ? error.code : String(error);

function say(line: Line): void {
  console.log(JSON.stringify(line));
}

async function beHub({ transport, options }: Assignment) {
  const { hub, place } = await openHub(transport, {
    ...options,
    onError: ({ error }) => say({ fault: codeOf(error) }),
    onDisconnection: (_connection, { reason }) =>
      say({ disconnection: reason }),
  });
  hub.addEventListener(
    "up",
    ({ detail }) => say({ heard: Number(detail.payload) }),
  );
  say({ ready: place });
  return async (command: Command): Promise<unknown> => {
    switch (command.do) {
      case "send":
        for (let n = command.from; n <= command.to; n++) {
          hub.dispatchEvent(createEvent("down", String(n % TOPICS), n));
        }
        return;
      case "flush":
        return await hub.flush();
      case "topics":
        return Array.from(hub.connections, (one) => [...one.topics].sort());
      default:
        throw new Error(`A hub cannot do this: ${command.do}`);
    }
  };
}

async function beSpoke({ transport, options, hub }: Assignment) {
  const { spoke, onHubMoved } = await openSpoke(
    transport,
    hub!,
    hub!.addresses,
    {
      ...options,
      onStatus: (status) =>
        say({
          status: {
            type: status.type,
            code: "error" in status && status.error
              ? codeOf(status.error)
              : undefined,
          },
        }),
    },
  );
  for (const topic of topics) {
    spoke.addEventListener(
      topic,
      ({ detail }) => say({ heard: Number(detail.payload) }),
    );
  }
  await spoke.flush();
  say({ ready: hub! });
  return async (command: Command): Promise<unknown> => {
    switch (command.do) {
      case "send":
        for (let n = command.from; n <= command.to; n++) {
          spoke.dispatchEvent(createEvent("up", "", n));
        }
        return;
      case "flush":
        return await spoke.flush();
      case "moved":
        return await onHubMoved(command.address);
      default:
        throw new Error(`A spoke cannot do this: ${command.do}`);
    }
  };
}

/** Does what it is told, one after the other, until nobody tells it any more. */
async function work(assignment: Assignment): Promise<void> {
  const act = await (assignment.hub ? beSpoke : beHub)(assignment);
  for await (const command of valuesOf<Command>(Deno.stdin.readable)) {
    try {
      say({ answer: { value: await act(command) } });
    } catch (error) {
      say({ answer: { failed: codeOf(error) } });
    }
  }
}

if (import.meta.main) {
  await work(JSON.parse(Deno.args[0]!));
  // What is at the other side of a cut never answers: nothing to wait for.
  Deno.exit();
}
