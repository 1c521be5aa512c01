// What the servers of Redis have in common, and commands for them.

import type { ProgramPlan } from "./_program.ts";

/** A Redis server that keeps nothing on the disk. */
export function redisPlan(config: readonly string[] = []): ProgramPlan {
  return {
    name: "redis-server",
    scheme: "redis",
    config: (port) => [
      "bind 127.0.0.1",
      `port ${port}`,
      'save ""',
      "appendonly no",
      ...config,
    ],
    ready: /Ready to accept connections/,
  };
}

/**
 * Has a server of Redis do something.
 *
 * @returns What it answers, each part on a line of its own.
 */
export async function askRedis(
  { port }: { readonly port: number },
  ...command: (string | number)[]
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("redis-cli", {
    args: ["-e", "-p", String(port), ...command.map(String)],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (success) return text(stdout);
  const why = text(stderr) || text(stdout);
  throw new Error(`Redis on port ${port} did not ${command.join(" ")}: ${why}`);
}

/** Far more than a group of servers takes to agree. */
const PATIENCE = 30_000;

/** How long to wait before the next question: Redis does not call back. */
const INTERVAL = 50;

/** Asks until the answer is what it is to be. */
export async function untilRedisSays(
  isSaid: () => Promise<boolean>,
  what: string,
): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!await isSaid()) {
    if (Date.now() > deadline) {
      throw new Error(`Redis is not ready in ${PATIENCE} ms: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}
