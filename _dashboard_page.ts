// The page of a dashboard: built before it is published, and in a clone when it
// is asked for.

/** What browsers are given. Each is one file with all that it needs in it. */
export interface DashboardPage {
  readonly html: string;
  readonly login: string;
  /** The hashes that a Content-Security-Policy lets run and style. */
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
}

/** The page; another call does not build it again. */
export function dashboardPage(): Promise<DashboardPage> {
  return page ??= load().catch((error) => {
    page = undefined;
    throw error;
  });
}

let page: Promise<DashboardPage> | undefined;

async function load(): Promise<DashboardPage> {
  const built = await builtModule();
  return built?.page ?? await build();
}

/**
 * The module that `deno task build:dashboard` writes. A template, so that nobody
 * misses it before it is there: Deno looks up which files match, and bundlers do
 * as well, for which there is always `none.js`.
 */
async function builtModule(): Promise<{ page: DashboardPage } | undefined> {
  const name = "page";
  try {
    return await import(`./dashboard/built/${name}.js`);
  } catch {
    return undefined;
  }
}

/**
 * Builds it from its sources, in a process of its own: esbuild is a tool of the
 * repository, which the library does not import.
 */
async function build(): Promise<DashboardPage> {
  const { Deno } = globalThis as unknown as { Deno?: DenoLike };
  const script = new URL("./dashboard/_build.ts", import.meta.url);
  if (Deno === undefined || script.protocol !== "file:") {
    throw new Error(
      "Cannot show dashboard: its page is not built, see `deno task build:dashboard`",
    );
  }
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script.href, "--print"],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(
      `Cannot show dashboard: its page cannot be built: ${
        decoder.decode(stderr)
      }`,
    );
  }
  return JSON.parse(decoder.decode(stdout));
}

/** What is used of Deno. */
interface DenoLike {
  execPath(): string;
  Command: new (
    command: string,
    options: { args: string[]; stdin: "null" },
  ) => {
    output(): Promise<
      { success: boolean; stdout: Uint8Array; stderr: Uint8Array }
    >;
  };
}
