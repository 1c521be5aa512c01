// A client of a dashboard's feed.

import { FEED_PATH, type FeedEvent, FeedLimit } from "../_dashboard_feed.ts";
import { inLine } from "../_options.ts";
import type { SpokeEventTarget } from "../_spoke_options.ts";
import { createWebSocketClientEventTarget } from "../websocket_client.ts";
import { ClientSockets } from "./_client_sockets.ts";
import { DASHBOARD_PORT } from "./_common_options.ts";
import { explain, Failure, UsageError } from "./_failure.ts";

/** Milliseconds that a dashboard has to answer. */
const TIMEOUT = 10_000;

/** A client of a feed. */
export interface FeedClient {
  readonly target: SpokeEventTarget<FeedEvent>;
  close(): Promise<void>;
}

/**
 * Connects to the feed of a dashboard.
 *
 * @param dashboard Its URL, as it was opened in a browser, say.
 * @param onLost Told why it is lost, and nothing when it is back.
 * @throws {UsageError} When that is no URL.
 * @throws {Failure} When it cannot be reached, or wants another token.
 */
export async function connectFeed(
  dashboard: string | undefined,
  token: string | undefined,
  onLost: (why: string) => void,
): Promise<FeedClient> {
  const { page, given } = pageOf(dashboard);
  const feed = new URL(FEED_PATH, page);
  const secret = token ?? given;
  const headers: Record<string, string> = secret === undefined
    ? {}
    : { authorization: `Bearer ${secret}` };
  const name = nameOf(page);
  await assertFeed(feed, headers, name);
  const sockets = await ClientSockets.load();
  const url = feed.href.replace(/^http/, "ws");
  const target = await createWebSocketClientEventTarget<FeedEvent>(
    () => sockets.open(url, headers),
    {
      maxFrameBytes: FeedLimit.FRAME,
      onStatus(status) {
        if (status.type === "open") onLost("");
        if (status.type !== "reconnecting") return;
        // The library does not know to whom a factory leads.
        onLost(
          explain(status.error)
            .replace("the hub of the socket factory", `dashboard ${name}`),
        );
      },
    },
  );
  return {
    target,
    async close() {
      await target.close();
      await sockets.closed();
    },
  };
}

/** For people. */
function nameOf(page: URL): string {
  return inLine(page.href.replace(/\/$/, ""), 200);
}

/** A page is a folder, whatever its URL ends with; it may hold the token. */
function pageOf(text?: string): { page: URL; given: string | undefined } {
  const url = text ?? `http://127.0.0.1:${DASHBOARD_PORT}`;
  const isHttp = /^https?:\/\//i.test(url);
  if (!isHttp || !URL.canParse(url)) {
    throw new UsageError(
      `cannot use URL ${inLine(url)}: it is not of a dashboard, with http://`,
    );
  }
  const page = new URL(url);
  const given = page.searchParams.get("token") ?? undefined;
  page.search = page.hash = "";
  if (!page.pathname.endsWith("/")) page.pathname += "/";
  return { page, given };
}

/** A socket does not tell why it was refused: the dashboard does, in words. */
async function assertFeed(
  feed: URL,
  headers: Record<string, string>,
  name: string,
): Promise<void> {
  let response: Response;
  try {
    const signal = AbortSignal.timeout(TIMEOUT);
    response = await fetch(feed, { headers, signal });
  } catch (cause) {
    throw new Failure(
      `cannot reach dashboard ${name}: ${
        whyNot(cause)
      }; a hub has one with --dashboard`,
      { cause },
    );
  }
  const text = await response.text();
  // It is a WebSocket, and says so.
  if (response.status === 426) return;
  throw new Failure(
    response.status === 401
      ? `cannot watch ${name}: it needs its token, with --token`
      : response.status === 403
      ? `cannot watch ${name}: ${explain(text)}`
      : `cannot watch ${name}: it is no dashboard of this library (${response.status})`,
  );
}

function whyNot(error: unknown): string {
  const { name, cause } = Object(error) as { name?: string; cause?: unknown };
  if (name === "TimeoutError") return `no answer in ${TIMEOUT} ms`;
  const text = explain(cause instanceof Error && cause.message ? cause : error);
  return /refused/i.test(text) ? "nobody listens there" : text;
}
