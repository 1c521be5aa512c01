// One suite, played at both ends of every transport: each test is named for the
// transport, the way of the events, and the scenario.

import assert from "node:assert/strict";
import { Worker as NodeWorker } from "node:worker_threads";
import { WebSocket as WsClient } from "ws";
import { createInProcessEventTarget } from "../mod.ts";
import type { HubOptions } from "../websocket_server.ts";
import type {
  SpokeOptions,
  WebSocketFactory,
  WebSocketLike,
} from "../websocket_client.ts";
import { createWorkerHostEventTarget } from "../worker.ts";
import { scenarios, scenariosFor } from "./_conformance.ts";
import {
  type End,
  endOn,
  relayedEnd,
  type Star,
  starEnds,
  wireBetween,
} from "./_conformance_ends.ts";
import { engineEnds } from "./_conformance_engines.ts";
import type { Traits } from "./_conformance_wire.ts";
import {
  buildThread,
  workerEnds,
  type WorkerKind,
} from "./_conformance_worker.ts";
import { type Binding, bindings, number0, type TestEndpoint } from "./_iroh.ts";
import { Setting, type TestHub as IrohHub } from "./_setting.ts";
import {
  denoServer,
  eventOf,
  type ServerKind,
  type TestHub as WebSocketHub,
  WebSocketSetting,
  wsServer,
} from "./_websocket.ts";

Deno.test.sanitizer({ ops: true, resources: true });

function inProcessEnd(): End {
  const traits: Traits = { encoding: "none" };
  // deno-lint-ignore require-await -- as transports open that take their time
  return endOn("in process", traits, async (stack) => {
    const errors: unknown[] = [];
    const target = stack.use(createInProcessEventTarget({
      onError: ({ error }) => errors.push(error),
    }));
    const party = { target, errors };
    return wireBetween(traits, party, party);
  });
}

/** Both ends of a channel are alike: one direction shows both. */
function portEnd(): End {
  const traits: Traits = { encoding: "clone", cloneError: "DataCloneError" };
  // deno-lint-ignore require-await -- as transports open that take their time
  return endOn("MessagePort to MessagePort", traits, async (stack) => {
    const { port1, port2 } = new MessageChannel();
    const [here, far] = [port1, port2].map((port) => {
      const errors: unknown[] = [];
      stack.defer(() => port.close());
      const target = stack.use(createWorkerHostEventTarget(port, {
        onError: ({ error }) => errors.push(error),
      }));
      return { target, errors };
    });
    return wireBetween(traits, here!, far!);
  });
}

const ALPNS = ["alkpubsub/1", "alkpubsub/1+deflate"];

/** Endpoints that outlive a scenario: one binding takes 80 ms to close one. */
class Endpoints {
  readonly #binding: Binding;
  readonly #all: TestEndpoint[] = [];
  readonly #free: TestEndpoint[] = [];

  constructor(binding: Binding) {
    this.#binding = binding;
    Deno.test.afterAll(async () => {
      await Promise.all(this.#all.map((endpoint) => endpoint.close()));
    });
  }

  /** Lends one until the stack is disposed of. */
  async lend(stack: AsyncDisposableStack): Promise<TestEndpoint> {
    const endpoint = this.#free.pop() ??
      await this.#binding.createEndpoint({ alpns: ALPNS });
    if (!this.#all.includes(endpoint)) this.#all.push(endpoint);
    stack.defer(() => void this.#free.push(endpoint));
    return endpoint;
  }
}

class IrohStar implements Star {
  readonly #stack = new AsyncDisposableStack();
  readonly #setting: Setting;
  readonly #hubs: Endpoints;
  readonly #spokes: Endpoints;
  readonly #compression: "deflate" | undefined;
  #hub: IrohHub | undefined;

  constructor(
    binding: Binding,
    hubs: Endpoints,
    spokes: Endpoints,
    compression?: "deflate",
  ) {
    this.#setting = new Setting(binding);
    this.#hubs = hubs;
    this.#spokes = spokes;
    this.#compression = compression;
  }

  async hub(options: HubOptions) {
    const on = await this.#hubs.lend(this.#stack);
    const compression = this.#compression;
    return this.#hub = await this.#setting.hub({ on, compression, ...options });
  }

  async spoke(options: SpokeOptions) {
    const on = await this.#spokes.lend(this.#stack);
    const target = await this.#setting.spoke(this.#hub!.on, {
      on,
      compression: this.#compression,
      ...options,
    });
    return { target, id: on.nodeId };
  }

  async [Symbol.asyncDispose]() {
    await this.#setting[Symbol.asyncDispose]();
    await this.#stack.disposeAsync();
  }
}

function irohEnds(binding: Binding): End[] {
  const [hubs, spokes] = [new Endpoints(binding), new Endpoints(binding)];
  const create = () => new IrohStar(binding, hubs, spokes);
  const compressed = () => new IrohStar(binding, hubs, spokes, "deflate");
  const ignore = binding.unavailable !== undefined;
  return [
    ...starEnds(binding.name, create, ignore),
    // What a hub relays, or compresses, goes the same way on both.
    ...(binding === number0
      ? [
        relayedEnd(`${binding.name} relayed`, create, ignore),
        ...starEnds(`${binding.name} compressed`, compressed, ignore),
      ]
      : []),
  ];
}

/** What a client is made from; by URL it makes a socket of the platform. */
type ClientFrom = "a URL" | "a factory" | "a socket";

class WebSocketStar implements Star {
  readonly #setting: WebSocketSetting;
  readonly #from: ClientFrom;
  #hub: WebSocketHub | undefined;
  #spokes = 0;

  constructor(kind: ServerKind, from: ClientFrom) {
    this.#setting = new WebSocketSetting(kind);
    this.#from = from;
  }

  async hub(options: HubOptions) {
    return this.#hub = await this.#setting.hub(options);
  }

  async spoke(options: SpokeOptions) {
    const id = `spoke-${++this.#spokes}`;
    const from = this.#source(`${this.#hub!.url}/${id}`);
    return { target: await this.#setting.client(from, options), id };
  }

  /**
   * The sockets are of `ws` where there is a choice: in Deno's a message behind
   * another waits for the server's TCP to acknowledge that, 40 ms.
   */
  #source(url: string): string | WebSocketFactory | WebSocketLike {
    if (this.#from === "a URL") return url;
    if (this.#from === "a factory") return () => new WsClient(url);
    const socket: WebSocketLike = new WsClient(url);
    const closed = eventOf(socket, "close");
    // The target leaves it open.
    this.#setting.defer(async () => {
      socket.close();
      await closed;
    });
    return socket;
  }

  async [Symbol.asyncDispose]() {
    await this.#setting[Symbol.asyncDispose]();
  }
}

const webWorker: WorkerKind = {
  name: "Worker",
  hostError: "DataCloneError",
  create(url) {
    const worker = new Worker(url, { type: "module" });
    return {
      worker,
      post: (message, transfer) => worker.postMessage(message, transfer),
      // deno-lint-ignore require-await -- the other kind takes its time
      async terminate() {
        worker.terminate();
      },
    };
  },
};

const nodeWorker: WorkerKind = {
  name: "Worker of node:worker_threads",
  // Deno's; Node has a DataCloneError.
  hostError: "TypeError",
  create(url) {
    const worker = new NodeWorker(new URL(url));
    return {
      worker,
      // Deno's ports are of one class; the types of Node's are apart.
      post: (message, transfer) =>
        worker.postMessage(message, transfer as unknown as []),
      async terminate() {
        await worker.terminate();
      },
    };
  },
};

const directory = await Deno.makeTempDir({ prefix: "pubsub-conformance-" });
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));
const thread = await buildThread(directory);

const bridged = {
  hubs: new Endpoints(number0),
  spokes: new Endpoints(number0),
};

const ends: readonly End[] = [
  inProcessEnd(),
  portEnd(),
  ...workerEnds(webWorker, thread),
  ...workerEnds(nodeWorker, thread),
  ...starEnds(
    "WebSocket by URL",
    () => new WebSocketStar(denoServer, "a URL"),
  ),
  ...starEnds(
    "WebSocket by factory",
    () => new WebSocketStar(denoServer, "a factory"),
  ),
  ...starEnds(
    "WebSocket as given",
    () => new WebSocketStar(denoServer, "a socket"),
  ),
  ...starEnds(
    "WebSocket of ws",
    () => new WebSocketStar(wsServer, "a factory"),
  ),
  relayedEnd(
    "WebSocket relayed",
    () => new WebSocketStar(denoServer, "a factory"),
  ),
  ...bindings.flatMap(irohEnds),
  ...await engineEnds({
    here: () => new WebSocketStar(denoServer, "a factory"),
    far: () => new IrohStar(number0, bridged.hubs, bridged.spokes),
    ignore: number0.unavailable !== undefined,
  }),
];

for (const end of ends) {
  for (const scenario of scenariosFor(end.traits)) {
    Deno.test({
      name: `${end.name}: ${scenario.name}`,
      ignore: end.ignore ?? false,
      fn: () => end.play(scenario),
    });
  }
}

Deno.test("every scenario of the conformance suite is played", () => {
  const played = new Set(ends.flatMap(({ traits }) => scenariosFor(traits)));
  assert.deepEqual(scenarios.filter((one) => !played.has(one)), []);
  const names = scenarios.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, "two have one name");
});
