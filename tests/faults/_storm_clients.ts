// Many clients of one hub, in a process of their own. Arguments: the URL of the
// hub, and how many. Each listens on a topic of its own, and on one of all.

import { say } from "../_line_process.ts";
import { Log } from "../_waiting.ts";
import {
  createWebSocketClientEventTarget,
  type SpokeEventTarget,
} from "../../websocket_client.ts";

/** What one client has announced, and what it did. */
export interface Retry {
  readonly client: number;
  /** Counted from 1, anew after each success. */
  readonly attempt: number;
  /** What it said it would wait, and what it has waited, in milliseconds. */
  readonly delay: number;
  waited: number;
}

/** What the clients say. */
export interface ClientsLine {
  /** All are connected and subscribed: what it took. */
  readonly retries?: readonly Retry[];
  /** All have heard an event: how often each has. */
  readonly heard?: readonly number[];
  /** All have tried to come back, in vain, so often that they wait for long. */
  readonly areWaiting?: true;
}

/** Up to 1 s lies before this attempt; many have tried more often by then. */
const LATE_ATTEMPT = 3;

/** One client: notes what it announces when it has lost its hub. */
async function openClient(
  url: string,
  client: number,
  retries: Retry[],
  waiting: Log<number>,
): Promise<SpokeEventTarget> {
  let announced: { retry: Retry; at: number } | undefined;
  return await createWebSocketClientEventTarget(() => {
    if (announced) {
      announced.retry.waited = performance.now() - announced.at;
      announced = undefined;
    }
    return new WebSocket(url);
  }, {
    onStatus(status) {
      if (status.type !== "reconnecting") return;
      const { attempt, delay } = status;
      const retry = { client, attempt, delay, waited: -1 };
      announced = { retry, at: performance.now() };
      retries.push(retry);
      if (attempt === LATE_ATTEMPT) waiting.add(client);
    },
  });
}

if (import.meta.main) {
  const [url = "", count] = Deno.args;
  const retries: Retry[] = [];
  const waiting = new Log<number>();
  const heard = Array.from({ length: Number(count) }, () => 0);
  const hearings = new Log<number>();
  const clients: SpokeEventTarget[] = [];
  for (let i = 0; i < heard.length; i++) {
    const client = await openClient(url, i, retries, waiting);
    client.addEventListener(`own:${i}`, () => {});
    client.addEventListener("all", () => {
      heard[i]!++;
      hearings.add(i);
    });
    clients.push(client);
  }
  // Once before the storm, once after it.
  for (const rounds of [1, 2]) {
    if (rounds === 2) {
      await waiting.count(clients.length);
      say<ClientsLine>({ areWaiting: true });
    }
    await Promise.all(clients.map((client) => client.flush()));
    say<ClientsLine>({ retries });
    await hearings.count(clients.length * rounds);
    await Promise.all(clients.map((client) => client.flush()));
    say<ClientsLine>({ heard });
  }
}
