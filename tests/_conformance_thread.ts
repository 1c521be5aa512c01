// The worker of `_conformance_worker.ts`: its end of the transport, played at
// or moved by the host.

import { parentPort } from "node:worker_threads";
import { createWorkerThreadEventTarget } from "../worker.ts";
import { scenarioNamed } from "./_conformance.ts";
import { farBehind, Remote } from "./_conformance_remote.ts";
import { play, Puppet, type Traits, type Wire } from "./_conformance_wire.ts";
import type { Hello } from "./_conformance_worker.ts";

const errors: unknown[] = [];
const target = createWorkerThreadEventTarget({
  onError: ({ error }) => errors.push(error),
});

/** The end here: moved by the host, or told to play a scenario. */
class Player extends Puppet {
  readonly #remote: Remote;
  readonly #traits: Traits;

  constructor({ port, traits }: Hello["payload"]) {
    super(target, errors);
    this.#remote = new Remote(port, this);
    this.#traits = traits;
  }

  async play(name: string): Promise<void> {
    const wire: Wire = {
      traits: this.#traits,
      here: target,
      errors,
      far: farBehind(this.#remote),
      sent: () => target.flush(),
    };
    await play(scenarioNamed(name), wire);
  }
}

function onMessage(message: Partial<Hello>): void {
  if (message.type === "__conformance") new Player(message.payload!);
}

// Workers of node:worker_threads have a port, others a scope.
if (parentPort) parentPort.on("message", onMessage);
else {
  globalThis.addEventListener("message", (event) => {
    onMessage((event as MessageEvent<Partial<Hello>>).data);
  });
}
