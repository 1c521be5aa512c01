// What package.json says of the package: read off deno.json where that says it.

import config from "../deno.json" with { type: "json" };

/** What npm, runtimes and compilers read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly repository?: { readonly type: "git"; readonly url: string };
  readonly type: "module";
  readonly exports: Readonly<Record<string, string | Entry>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly sideEffects: false;
  readonly engines: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<
    Record<string, { readonly optional: true }>
  >;
}

/** Where an export is. The types come first: the first that fits is taken. */
export interface Entry {
  readonly types: string;
  readonly default: string;
}

/** The settings of the package on JSR have the same: 250 characters at most. */
const DESCRIPTION =
  "Type-safe publish/subscribe for TypeScript: in process, between workers, " +
  "over WebSocket, through Redis and NATS, and peer to peer over iroh";

/**
 * What may be handed in, from the major on that may work: npm does not install
 * anything beside a version out of range, be it an optional peer.
 */
const PEERS: Readonly<Record<string, string>> = {
  "@nats-io/transport-node": ">=3",
  "@number0/iroh": ">=1",
  "@opentelemetry/api": ">=1.3",
  "@rayhanadev/iroh": ">=0.1",
  "ioredis": ">=5",
  "redis": ">=5",
  "ws": ">=8",
};

/** By subpath: `"./framing": "./framing.ts"`. */
const entries: Readonly<Record<string, string>> = config.exports;

/** What is to be compiled, from the root of the repository: `framing.ts`. */
export const entryFiles: readonly string[] = Object.values(entries)
  .map((file) => file.replace(/^\.\//, ""));

/** The module that `npx` runs, if there is one. */
export const commandFile: string | undefined = entries["./cli"];

/**
 * Makes the manifest.
 *
 * @param repository `owner/name` on GitHub. npm takes no provenance without it,
 * and shows the links of the README by it.
 */
export function manifestFor(repository?: string): Manifest {
  return {
    name: config.name,
    version: config.version,
    description: DESCRIPTION,
    keywords: [
      ...["pubsub", "publish", "subscribe", "events", "event-target"],
      ...["typescript", "iroh", "quic", "p2p", "websocket", "worker"],
      ...["redis", "nats", "deno", "bun"],
    ],
    license: config.license,
    ...repository && {
      repository: {
        type: "git",
        url: `git+https://github.com/${repository}.git`,
      },
    },
    type: "module",
    exports: {
      ...Object.fromEntries(
        Object.entries(entries).map(([name, file]) => [name, {
          types: file.replace(/\.ts$/, ".d.ts"),
          default: file.replace(/\.ts$/, ".js"),
        }]),
      ),
      "./package.json": "./package.json",
    },
    ...commandFile && {
      bin: { alkpubsub: commandFile.replace(/\.ts$/, ".js") },
    },
    sideEffects: false,
    engines: { node: ">=20.16" },
    peerDependencies: PEERS,
    peerDependenciesMeta: Object.fromEntries(
      Object.keys(PEERS).map((name) => [name, { optional: true }]),
    ),
  };
}
