// What a dashboard answers requests with: the page, the login, the feed, metrics.

import type { Access, Refusal } from "./_dashboard_access.ts";
import { FEED_PATH } from "./_dashboard_feed.ts";
import { type DashboardPage, dashboardPage } from "./_dashboard_page.ts";
import { isForeign, type Visit } from "./_dashboard_visit.ts";
import type { WebSocketLike } from "./_websocket_types.ts";

/** Turns a request into a socket and the answer to it. */
export type UpgradeWebSocket = (
  request: Request,
) => { socket: WebSocketLike; response: Response };

/** Where Prometheus scrapes by default. */
const METRICS_PATH = "metrics";

/** Bytes of a login; a token is short. */
const MAX_LOGIN = 4096;

/** Answers requests. */
export class DashboardSite {
  readonly #access: Access;
  readonly #onSocket: (socket: WebSocketLike) => void;
  readonly #upgrade: UpgradeWebSocket | undefined;
  readonly #metrics: (request: Request) => Response;

  constructor(
    access: Access,
    metrics: (request: Request) => Response,
    onSocket: (socket: WebSocketLike) => void,
    upgrade: UpgradeWebSocket | undefined,
  ) {
    this.#access = access;
    this.#metrics = metrics;
    this.#onSocket = onSocket;
    const { Deno } = globalThis as unknown as {
      Deno?: { upgradeWebSocket?: UpgradeWebSocket };
    };
    this.#upgrade = upgrade ?? Deno?.upgradeWebSocket;
  }

  async answer(request: Request, visit: Visit): Promise<Response> {
    const { pathname } = new URL(request.url);
    const last = pathname.slice(pathname.lastIndexOf("/") + 1);
    if (last === FEED_PATH) return await this.#feed(request, visit);
    if (last === METRICS_PATH) return await this.#metricsFor(request, visit);
    // Whatever path the page is mounted at is the page's; a browser also asks
    // for `favicon.ico` and the like.
    if (last.includes(".")) return plain(404, "There is nothing here");
    switch (request.method) {
      case "GET":
      case "HEAD":
        return await this.#page(request, visit);
      case "POST":
        if (this.#access.hasToken) return await this.#login(request, visit);
    }
    const allow = this.#access.hasToken ? "GET, HEAD, POST" : "GET, HEAD";
    return plain(405, `A dashboard takes ${allow}`, { allow });
  }

  async #feed(request: Request, visit: Visit): Promise<Response> {
    const refusal = await this.#access.refusal(visit, true);
    if (refusal) return refused(refusal);
    if (visit.header("upgrade")?.toLowerCase() !== "websocket") {
      return plain(426, "The feed is a WebSocket", { upgrade: "websocket" });
    }
    if (!this.#upgrade) {
      return plain(
        501,
        "This server cannot turn a request into a socket: the dashboard needs " +
          "its option upgradeWebSocket, or its addConnection",
      );
    }
    const { socket, response } = this.#upgrade(request);
    this.#onSocket(socket);
    return response;
  }

  async #metricsFor(request: Request, visit: Visit): Promise<Response> {
    const refusal = await this.#access.refusal(visit, false);
    return refusal ? refused(refusal) : this.#metrics(request);
  }

  async #page(request: Request, visit: Visit): Promise<Response> {
    const url = new URL(request.url);
    const token = url.searchParams.get("token");
    if (token !== null && this.#access.hasToken) {
      url.searchParams.delete("token");
      return await this.#access.isToken(token)
        ? await this.#admitted(url, visit)
        : await this.#askForToken(true);
    }
    const refusal = await this.#access.refusal(visit, false);
    if (
      refusal?.status === 401 && visit.header("authorization") === undefined
    ) {
      return await this.#askForToken(false);
    }
    if (refusal) return refused(refusal);
    const page = await dashboardPage();
    return html(200, page.html, page);
  }

  async #login(request: Request, visit: Visit): Promise<Response> {
    if (isForeign(visit)) return refused(this.#access.foreign(visit));
    const form = await textOf(request, MAX_LOGIN);
    if (form === undefined) return plain(413, "This is too long for a token");
    const token = new URLSearchParams(form).get("token") ?? "";
    if (!await this.#access.isToken(token)) {
      return await this.#askForToken(true);
    }
    return await this.#admitted(new URL(request.url), visit);
  }

  /** Leads to the page; what mounted it may have taken the path's beginning. */
  async #admitted(
    { search, protocol }: URL,
    { header }: Visit,
  ): Promise<Response> {
    const { name, value } = await this.#access.cookie();
    const isSecure = protocol === "https:" ||
      header("x-forwarded-proto") === "https";
    const secure = isSecure ? "; Secure" : "";
    return plain(303, "This way", {
      location: search || "?",
      "set-cookie": `${name}=${value}; HttpOnly; SameSite=Strict${secure}`,
    });
  }

  async #askForToken(isWrong: boolean): Promise<Response> {
    const page = await dashboardPage();
    const wrong = isWrong ? '<p role="alert">This is not the token.</p>' : "";
    return html(401, page.login.replace("<!--wrong-->", wrong), page, {
      "www-authenticate": "Bearer",
    });
  }
}

/** What is true of every answer: it is for nobody else, and in no frame. */
const SAFE = {
  "cache-control": "no-store",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // With none at all, the login would be sent with `Origin: null`.
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};

function html(
  status: number,
  text: string,
  { scripts, styles }: DashboardPage,
  headers: Record<string, string> = {},
): Response {
  return answer(status, text, "text/html", [
    `script-src ${scripts.join(" ")}`,
    `style-src ${styles.join(" ")}`,
    "img-src data:",
    "connect-src 'self'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ], headers);
}

function refused({ status, text }: Refusal): Response {
  return plain(
    status,
    text,
    status === 401 ? { "www-authenticate": "Bearer" } : {},
  );
}

function plain(
  status: number,
  text: string,
  headers: Record<string, string> = {},
): Response {
  return answer(status, `${text}\n`, "text/plain", [], headers);
}

function answer(
  status: number,
  text: string,
  type: string,
  policy: readonly string[],
  headers: Record<string, string>,
): Response {
  return new Response(text, {
    status,
    headers: {
      ...SAFE,
      "content-type": `${type}; charset=utf-8`,
      "content-security-policy": [
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        ...policy,
      ].join("; "),
      ...headers,
    },
  });
}

/** `undefined` when it is longer, which is found out before it is read. */
async function textOf(
  { body }: Request,
  max: number,
): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let size = 0;
  const reader = body?.getReader();
  for (;;) {
    const { done, value } = await reader?.read() ?? { done: true };
    if (done || !value) return text + decoder.decode();
    size += value.length;
    if (size > max) {
      await reader?.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
