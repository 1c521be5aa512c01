// A request, as far as it matters for who may see a dashboard: whatever server
// it came to.

/** A request as Node's `http` has it, and what is made of it. */
export interface NodeRequestLike {
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The connection it came on. */
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/**
 * What servers hand in beside a request, of which one property says where it is
 * from: of `Deno.serve`, of `@hono/node-server`, of `Bun.serve`.
 */
export interface DashboardRequestInfo {
  /** The other end of the connection, as `Deno.serve` has it. */
  readonly remoteAddr?:
    | { readonly transport?: string; readonly hostname?: string }
    | undefined;
  /** Node's request, as `@hono/node-server` has it. */
  readonly incoming?:
    | { readonly socket?: { readonly remoteAddress?: string | undefined } }
    | undefined;
  /** Looks up the other end, as the server of Bun does. */
  requestIP?(request: Request): { readonly address: string } | null;
}

/** A request that asks for a dashboard. */
export interface Visit {
  /** The address of the other end; `undefined` when nobody knows. */
  readonly remoteAddress: string | undefined;
  header(name: string): string | undefined;
}

/** What is known of a request of the web platform. */
export function visitOf(request: Request, info: unknown): Visit {
  const { headers, url } = request;
  return {
    remoteAddress: addressIn(Object(info), request),
    header: (name) =>
      headers.get(name) ??
        // HTTP/2 has it in the address alone.
        (name === "host" ? new URL(url).host : undefined),
  };
}

function addressIn(
  info: DashboardRequestInfo,
  request: Request,
): string | undefined {
  const address: unknown = info.remoteAddr?.hostname ??
    info.incoming?.socket?.remoteAddress ??
    info.requestIP?.(request)?.address;
  return typeof address === "string" ? address : undefined;
}

/** What is known of a request of Node. */
export function nodeVisitOf({ headers, socket }: NodeRequestLike): Visit {
  return {
    remoteAddress: socket.remoteAddress,
    header(name) {
      const value = headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
  };
}

/** Whether an address is of this machine itself, IPv4 in IPv6 included. */
export function isLoopbackAddress(address: string): boolean {
  const bare = address.toLowerCase().replace(/^\[|\]$|%.*$/g, "")
    .replace(/^::ffff:/, "");
  return bare === "::1" || /^127(\.\d{1,3}){3}$/.test(bare);
}

/**
 * Whether a `Host` names this machine itself. A page of elsewhere can have its
 * own name lead here (DNS rebinding), and a browser takes it for the same site.
 */
export function isLoopbackHost(host: string): boolean {
  const hostname = urlOf(`http://${host}`)?.hostname;
  return hostname !== undefined &&
    (hostname === "localhost" || hostname.endsWith(".localhost") ||
      isLoopbackAddress(hostname));
}

/**
 * Whether a page of another site is behind it: a browser lets any page open
 * sockets and send forms to this one, and says so. Who is no browser says
 * nothing.
 */
export function isForeign({ header }: Visit): boolean {
  const origin = header("origin");
  if (origin === undefined) return false;
  const theirs = urlOf(origin);
  // The scheme is theirs: behind a proxy this end does not know its own.
  const ours = theirs && urlOf(`${theirs.protocol}//${header("host")}`);
  return !theirs || !ours || theirs.host === "" || theirs.host !== ours.host;
}

/** `URL.parse`, which Node has from 22 on. */
function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
