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

/** In a clone of its sources, whatever was built of them before. */
async function load(): Promise<DashboardPage> {
  const { Deno } = globalThis as unknown as { Deno?: DenoLike };
  const builder = new URL("./dashboard/_build.ts", import.meta.url);
  if (Deno && await isThere(Deno, builder)) return await build(Deno, builder);
  const built = await builtModule();
  if (built) return built.page;
  throw new Error(
    "Cannot show dashboard: its page is not built, see `deno task build:dashboard`",
  );
}

/** Asks for no permission: who has none uses a package. */
async function isThere(
  { permissions, stat }: DenoLike,
  file: URL,
): Promise<boolean> {
  if (file.protocol !== "file:") return false;
  const { state } = await permissions.query({ name: "read", path: file });
  return state === "granted" && await stat(file).then(() => true, () => false);
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
async function build(
  { Command, execPath }: DenoLike,
  builder: URL,
): Promise<DashboardPage> {
  const { success, stdout, stderr } = await new Command(execPath(), {
    args: ["run", "-A", builder.href, "--print"],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (success) return JSON.parse(decoder.decode(stdout));
  throw new Error(
    `Cannot show dashboard: its page cannot be built: ${
      decoder.decode(stderr)
    }`,
  );
}

/** What is used of Deno. */
interface DenoLike {
  execPath(): string;
  stat(file: URL): Promise<unknown>;
  permissions: {
    query(of: { name: "read"; path: URL }): Promise<{ state: string }>;
  };
  Command: new (
    command: string,
    options: { args: string[]; stdin: "null" },
  ) => {
    output(): Promise<
      { success: boolean; stdout: Uint8Array; stderr: Uint8Array }
    >;
  };
}
