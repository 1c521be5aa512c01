// A hub or a spoke in a process of its own, told by lines of JSON on its
// standard input what to do, which says by such lines what happens to it. Its
// argument is an `Assignment`.

import { createEvent } from "../../mod.ts";
import { PubSubError } from "../../errors.ts";
import type { ConnectionOptions } from "../../_connection_options.ts";
import type { SpokeOptions } from "../../_spoke_options.ts";
import { answer, type Commands, say } from "../_line_process.ts";
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

/** The numbers of the events to dispatch, the last included. */
interface Numbers {
  readonly from: number;
  readonly to: number;
}

/** What a process says. */
export interface NetLine {
  readonly ready?: Place;
  /** The number of an event that arrived. */
  readonly heard?: number;
  /** Of a spoke; `code` is that of the error. */
  readonly status?: { readonly type: string; readonly code?: string };
  /** Of a hub. */
  readonly fault?: string;
  /** Of a hub: why a connection ended. */
  readonly disconnection?: string;
}

/** The spoke listens on that many topics, which the hub's events go around. */
export const TOPICS = 20;

export const topics = Array.from({ length: TOPICS }, (_, i) => `down:${i}`);

const codeOf = (error: unknown) =>
  error instanceof PubSubError ? error.code : String(error);

async function beHub({ transport, options }: Assignment): Promise<Commands> {
  const { hub, place } = await openHub(transport, {
    ...options,
    onError: ({ error }) => say<NetLine>({ fault: codeOf(error) }),
    onDisconnection: (_connection, { reason }) =>
      say<NetLine>({ disconnection: reason }),
  });
  hub.addEventListener(
    "up",
    ({ detail }) => say<NetLine>({ heard: Number(detail.payload) }),
  );
  say<NetLine>({ ready: place });
  return {
    send({ from, to }: Numbers) {
      for (let n = from; n <= to; n++) {
        hub.dispatchEvent(createEvent("down", String(n % TOPICS), n));
      }
    },
    /** Of each connection. */
    topics: () => Array.from(hub.connections, (one) => [...one.topics].sort()),
  };
}

async function beSpoke(
  { transport, options, hub }: Assignment,
): Promise<Commands> {
  const { spoke, onHubMoved } = await openSpoke(
    transport,
    hub!,
    hub!.addresses,
    {
      ...options,
      onStatus: (status) =>
        say<NetLine>({
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
      ({ detail }) => say<NetLine>({ heard: Number(detail.payload) }),
    );
  }
  await spoke.flush();
  say<NetLine>({ ready: hub! });
  return {
    send({ from, to }: Numbers) {
      for (let n = from; n <= to; n++) {
        spoke.dispatchEvent(createEvent("up", "", n));
      }
    },
    flush: () => spoke.flush(),
    /** The hub has another address. */
    moved: (address: string) => onHubMoved(address),
  };
}

if (import.meta.main) {
  const assignment: Assignment = JSON.parse(Deno.args[0]!);
  await answer(await (assignment.hub ? beSpoke : beHub)(assignment));
}
