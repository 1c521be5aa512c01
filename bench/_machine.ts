// On what was measured, and with which versions of the peers.

import { cpus, release, totalmem } from "node:os";

/** What a page says of the machine. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly gibibytes: number;
  readonly system: string;
  readonly deno: string;
}

export function machine(): Machine {
  const all = cpus();
  const [kernel = ""] = /^\d+\.\d+/.exec(release()) ?? [];
  return {
    processor: all[0]?.model ?? "unknown",
    cores: all.length,
    gibibytes: Math.round(totalmem() / 2 ** 30),
    system: `${Deno.build.os} ${kernel} ${Deno.build.arch}`,
    deno: Deno.version.deno,
  };
}

/** What is compared with. */
const PACKAGES = [
  "@rayhanadev/iroh-linux-x64-gnu",
  "@number0/iroh",
  "@nats-io/transport-node",
  "ioredis",
  "socket.io",
  "ws",
  "@graphql-yoga/subscription",
  "it-length-prefixed",
];
const SERVERS: Record<string, readonly string[]> = {
  "nats-server": ["--version"],
  "redis-server": ["--version"],
};

/** The versions of the peers that are there, by name. */
export async function peerVersions(): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  const root = new URL("../node_modules/", import.meta.url);
  for (const name of PACKAGES) {
    try {
      const text = await Deno.readTextFile(
        new URL(`${name}/package.json`, root),
      );
      versions[name] = (JSON.parse(text) as { version: string }).version;
    } catch {
      // It is not installed: an optional one.
    }
  }
  for (const [name, args] of Object.entries(SERVERS)) {
    try {
      const { stdout } = await new Deno.Command(name, { args: [...args] })
        .output();
      const text = new TextDecoder().decode(stdout);
      versions[name] = /\d+\.\d+\.\d+/.exec(text)?.[0] ?? text.trim();
    } catch {
      // Nor is it.
    }
  }
  return versions;
}
