// A page, as files to serve. Its script is bundled when the server starts: one
// module with the library in it, and nothing is fetched from anywhere else.

import { bundlePage } from "../tools/page_bundle.ts";

/** What the page may do: nothing that somebody could smuggle into an event. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; " +
  "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";

/** Answers a request for a file of the page. */
export type Site = (request: Request) => Response;

/**
 * Reads a page and bundles its script and style.
 *
 * @param page A folder with `index.html`, `main.ts`, `style.css` and `icon.svg`.
 */
export async function buildSite(page: URL): Promise<Site> {
  const read = (name: string) => Deno.readTextFile(new URL(name, page));
  const bundled = await bundlePage(page, ["main.ts", "style.css"]);
  const files = new Map([
    ["/", ["text/html", await read("index.html")]],
    ["/icon.svg", ["image/svg+xml", await read("icon.svg")]],
    ["/main.js", ["text/javascript", bundled("main.js")]],
    ["/style.css", ["text/css", bundled("style.css")]],
  ]);
  return ({ url }) => {
    const file = files.get(new URL(url).pathname);
    if (!file) return new Response("There is nothing here", { status: 404 });
    const [type, text] = file;
    return new Response(text, {
      headers: {
        "content-type": `${type}; charset=utf-8`,
        "content-security-policy": POLICY,
        // The server may have changed when it comes back.
        "cache-control": "no-cache",
      },
    });
  };
}

/**
 * Whether a request for a socket is from a page of another site: a browser lets
 * any page open sockets to this one, and says so.
 */
export function isForeign({ headers, url }: Request): boolean {
  const origin = headers.get("origin");
  return origin !== null && URL.parse(origin)?.host !== new URL(url).host;
}
