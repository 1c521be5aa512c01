// A hub in a process of its own, with all that its operator sees. Argument: the
// transport. It says what the operator is told as it comes.

import { createWebSocketServerEventTarget } from "../../websocket_server.ts";
import { createIrohHubEventTarget } from "../../iroh_hub.ts";
import { createPubSub } from "../../mod.ts";
import type {
  HubConnection,
  HubEventTarget,
  HubOptions,
} from "../../iroh_hub.ts";
import { bindings } from "../_iroh.ts";
import { answer, say } from "../_line_process.ts";
import { serverKinds } from "../_websocket.ts";
import type { HubLine, HubSetup } from "./_hostile_types.ts";

const tell = (from: HubConnection | undefined, what: string) =>
  say<HubLine>({ told: `${from?.id ?? "nobody"} ${what}` });

/** What the operator of a hub can be told, told. */
const callbacks: HubOptions = {
  onError: ({ error, connection }) => tell(connection, `onError ${error}`),
  onDisconnection: (connection, { code, reason }) =>
    tell(connection, `onDisconnection ${code} ${reason}`),
  onBackpressure: ({ connection, topic }) =>
    tell(connection, `onBackpressure ${topic}`),
};

/** The hooks that a row names. */
function hooksOf({ authorizePublish }: HubSetup): HubOptions {
  if (authorizePublish === undefined) return {};
  return {
    authorizePublish: ({ envelope: { type } }) =>
      type === "tick" ||
      (authorizePublish === "refuses" ? false : new Promise(() => {})),
  };
}

/** What an application does with a payload, by the id of the event. */
const uses: Record<string, (payload: unknown) => unknown> = {
  stringify: (payload) => JSON.stringify(payload),
  clone: (payload) => structuredClone(payload),
  // What `console.log` writes. Deno itself holds the last objects it was given.
  inspect: (payload) => Deno.inspect(payload),
};

/** Runs the stack full on what is nested deeply. */
function depthOf(value: unknown): number {
  return Array.isArray(value) ? 1 + depthOf(value[0]) : 0;
}

/** Applications that do what applications do. */
function listen(hub: HubEventTarget): void {
  for (const [id, use] of Object.entries(uses)) {
    hub.addEventListener(`n:${id}`, ({ detail }) => void use(detail.payload));
  }
  // Nobody may ever hear these.
  for (const topic of ["__anything", "__subscribe", "__pong"]) {
    hub.addEventListener(topic, () => say<HubLine>({ told: `heard ${topic}` }));
  }
  const pubsub = createPubSub({
    eventTarget: hub,
    schemas: {
      checked: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: (value: unknown) => ({ value: depthOf(value) }),
        },
      },
      strict: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: (value: unknown) => ({
            issues: Object.keys(value ?? {}).map((key) => ({
              message: "it is wrong",
              path: [key],
            })),
          }),
        },
      },
    },
    onError: ({ error }) => say<HubLine>({ told: `pubsub onError ${error}` }),
  });
  pubsub.subscribe("checked");
  pubsub.subscribe("strict");
}

const [transport] = Deno.args;

/** Where the hubs are met: one endpoint, one server, for one hub after another. */
async function openHubs(): Promise<
  { address: string; create(options: HubOptions): Promise<HubEventTarget> }
> {
  const binding = bindings.find(({ name }) => name === transport);
  if (binding) {
    const { endpoint, address } = await binding.createEndpoint();
    return {
      address,
      create: (options) => createIrohHubEventTarget({ endpoint, ...options }),
    };
  }
  const kind = serverKinds.find(({ name }) =>
    `WebSocket on ${name}` === transport
  )!;
  let add: ReturnType<typeof createWebSocketServerEventTarget>["addConnection"];
  const { url } = await kind.serve((socket, path) =>
    add(socket, { id: path.slice(1) })
  );
  return {
    address: url,
    create(options) {
      const hub = createWebSocketServerEventTarget(options);
      add = (socket, who) => hub.addConnection(socket, who);
      return Promise.resolve(hub);
    },
  };
}

const { gc } = globalThis as unknown as { gc(): void };

/** Bytes that JavaScript holds, and those of the process. */
async function memory() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve));
    gc();
  }
  const { heapUsed, external, rss } = Deno.memoryUsage();
  return { held: heapUsed + external, rss, peak: peakRss() };
}

/** The most that the process has had since it was asked last; Linux tells. */
function peakRss(): number | undefined {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    Deno.writeTextFileSync("/proc/self/clear_refs", "5");
    return Number(/VmHWM:\s*(\d+)/.exec(status)?.[1]) * 1024;
  } catch {
    return undefined;
  }
}

const hubs = await openHubs();
say<HubLine>({ address: hubs.address });
let hub: HubEventTarget | undefined;

await answer({
  async open(setup: HubSetup) {
    await hub?.close(); // Of a row that failed.
    hub = await hubs.create({
      relay: true,
      ...setup.options,
      ...hooksOf(setup),
      ...callbacks,
    });
    listen(hub);
  },
  /** Who is connected. */
  look: () => Array.from(hub!.connections, ({ id }) => id),
  memory,
  async close() {
    await hub!.close();
    hub = undefined;
  },
});
