// All that is compared, each loaded when it is used: peers and bindings need
// not be there.

import type { System } from "./_system.ts";

const LOADERS = {
  "iroh-rayhanadev": async () => (await import("./iroh.ts")).rayhanadev,
  "iroh-number0": async () => (await import("./iroh.ts")).number0,
  "websocket": async () => (await import("./websocket.ts")).websocket,
  "nats": async () => (await import("./nats.ts")).nats,
  "redis": async () => (await import("./redis.ts")).redis,
  "socket-io": async () => (await import("./socket_io.ts")).socketIo,
  "ws": async () => (await import("./ws.ts")).ws,
  "raw-iroh": async () => (await import("./raw_iroh.ts")).rawIroh,
} as const satisfies Record<string, () => Promise<System>>;

export type SystemId = keyof typeof LOADERS;

export const SYSTEM_IDS = Object.keys(LOADERS) as SystemId[];

export function loadSystem(id: SystemId): Promise<System> {
  return LOADERS[id]();
}
