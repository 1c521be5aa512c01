// All that is compared, each loaded when it is used: peers and bindings need
// not be there.

import type { System } from "./_system.ts";

/** In the order of their turns: what is compared comes one after the other. */
const LOADERS = {
  "raw-iroh": async () => (await import("./raw_iroh.ts")).rawIroh,
  "iroh-rayhanadev": async () => (await import("./iroh.ts")).rayhanadev,
  "nats": async () => (await import("./nats.ts")).nats,
  "iroh-number0": async () => (await import("./iroh.ts")).number0,
  "redis": async () => (await import("./redis.ts")).redis,
  "websocket": async () => (await import("./websocket.ts")).websocket,
  "socket-io": async () => (await import("./socket_io.ts")).socketIo,
  "ws": async () => (await import("./ws.ts")).ws,
} as const satisfies Record<string, () => Promise<System>>;

export type SystemId = keyof typeof LOADERS;

export const SYSTEM_IDS = Object.keys(LOADERS) as SystemId[];

export function loadSystem(id: SystemId): Promise<System> {
  return LOADERS[id]();
}
