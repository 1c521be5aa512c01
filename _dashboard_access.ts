// Who may see a dashboard: this machine itself, or whoever has the token.

import {
  isForeign,
  isLoopbackAddress,
  isLoopbackHost,
  type Visit,
} from "./_dashboard_visit.ts";
import { inLine, show } from "./_options.ts";

/** Why a request is refused. */
export interface Refusal {
  /** 401 asks for the token. */
  readonly status: 401 | 403;
  readonly text: string;
}

/** What a proxy adds: who asks it is somewhere else. */
const FORWARDED = ["forwarded", "via", "x-forwarded-for", "x-real-ip"];

const encoder = new TextEncoder();

/** Judges requests. */
export class Access {
  readonly #token: string | undefined;

  /** @param token Without it only this machine is let in. */
  constructor(token: string | undefined) {
    if (token !== undefined && (typeof token !== "string" || token === "")) {
      throw new TypeError(
        `Cannot use token: ${show(token)} is not a text that nobody guesses`,
      );
    }
    this.#token = token;
  }

  /** Whether there is a token to log in with. */
  get hasToken(): boolean {
    return this.#token !== undefined;
  }

  /**
   * Why a request for a page, or for the feed, is refused, if it is.
   *
   * @param isFeed A page may be linked from anywhere, the feed is for our own.
   */
  async refusal(visit: Visit, isFeed: boolean): Promise<Refusal | undefined> {
    if (isFeed && isForeign(visit)) return this.foreign(visit);
    if (this.#token === undefined) return localRefusal(visit);
    const given = bearerOf(visit);
    if (given !== undefined && await this.isToken(given)) return undefined;
    const { name, value } = await this.cookie();
    const cookie = cookieOf(visit, name);
    if (cookie !== undefined && await isSame(cookie, value)) return undefined;
    const text = given === undefined
      ? "This dashboard needs its token: `Authorization: Bearer TOKEN`, or log in"
      : "This is not the token of this dashboard";
    return { status: 401, text };
  }

  /** What is told to a page of another site. */
  foreign(visit: Visit): Refusal {
    return forbidden(
      `This dashboard is for its own page alone, not for one of ${
        inLine(visit.header("origin") ?? "")
      }`,
    );
  }

  /** Takes as long whatever is wrong with it. */
  async isToken(given: string): Promise<boolean> {
    return this.#token !== undefined && await isSame(given, this.#token);
  }

  /**
   * What a browser keeps instead of the token, which does not follow from it. It
   * outlives a restart. The name differs with the token, as a host's servers
   * share their cookies.
   */
  async cookie(): Promise<{ name: string; value: string }> {
    const value = hex(
      await digest(`alkpubsub dashboard cookie\n${this.#token}`),
    );
    const name = hex(await digest(`alkpubsub dashboard name\n${value}`));
    return { name: `alkpubsub-${name.slice(0, 12)}`, value };
  }
}

function localRefusal(visit: Visit): Refusal | undefined {
  const { remoteAddress, header } = visit;
  if (remoteAddress === undefined) {
    return forbidden(
      "This dashboard cannot tell where a request is from, and so needs a " +
        "token: createDashboard(hub, { token }), or the remote address handed " +
        "in: dashboard.fetch(request, { remoteAddr })",
    );
  }
  if (!isLoopbackAddress(remoteAddress)) {
    return forbidden(
      `Without a token this dashboard is for the machine it runs on alone, not for ${
        inLine(remoteAddress)
      }: createDashboard(hub, { token })`,
    );
  }
  const proxied = FORWARDED.find((name) => header(name) !== undefined);
  if (proxied !== undefined) {
    return forbidden(
      `Behind a proxy (the request has ${proxied}) this dashboard needs a ` +
        "token: createDashboard(hub, { token })",
    );
  }
  const host = header("host") ?? "";
  if (!isLoopbackHost(host)) {
    return forbidden(
      `Without a token this dashboard is at localhost alone, not at ${
        inLine(host)
      }: createDashboard(hub, { token })`,
    );
  }
  return undefined;
}

const forbidden = (text: string): Refusal => ({ status: 403, text });

function bearerOf({ header }: Visit): string | undefined {
  return header("authorization")?.match(/^Bearer +(.+)$/i)?.[1];
}

function cookieOf({ header }: Visit, name: string): string | undefined {
  const pairs = header("cookie")?.split(/; */) ?? [];
  return pairs.find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);
}

/** In a time that does not depend on where they differ. */
async function isSame(given: string, wanted: string): Promise<boolean> {
  const [a, b] = await Promise.all([digest(given), digest(wanted)]);
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(
    await crypto.subtle.digest("SHA-256", encoder.encode(text)),
  );
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
