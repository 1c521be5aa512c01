// A hub and spokes on one binding, closed at the end of the test.

import {
  createIrohHubEventTarget,
  type IrohHubEventTarget,
  type IrohHubEventTargetArgs,
} from "../iroh_hub.ts";
import {
  createIrohSpokeEventTarget,
  type IrohHubAddress,
  type IrohHubChoice,
  type IrohSpokeEventTarget,
  type IrohSpokeEventTargetArgs,
} from "../iroh_spoke.ts";
import type { Binding, TestEndpoint, TestEndpointOptions } from "./_iroh.ts";
import { bindings } from "./_iroh.ts";
import { RawPeer } from "./_raw_peer.ts";

/** What a test on one binding has at hand. */
export class Setting implements AsyncDisposable {
  readonly binding: Binding;
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly #endpoints: TestEndpoint[] = [];

  constructor(binding: Binding) {
    this.binding = binding;
  }

  async endpoint(options?: TestEndpointOptions): Promise<TestEndpoint> {
    const endpoint = await this.binding.createEndpoint(options);
    this.#endpoints.push(endpoint);
    return endpoint;
  }

  async hub(
    options: Omit<IrohHubEventTargetArgs, "endpoint"> & {
      on?: TestEndpoint;
    } = {},
  ): Promise<TestHub> {
    const { on = await this.endpoint(), ...rest } = options;
    const hub = await createIrohHubEventTarget({
      endpoint: on.endpoint,
      ...rest,
    });
    this.#closers.push(() => hub.close());
    return Object.assign(hub, { on });
  }

  async spoke(
    to: { address: IrohHubAddress | IrohHubChoice },
    options: Partial<IrohSpokeEventTargetArgs> & { on?: TestEndpoint } = {},
  ): Promise<IrohSpokeEventTarget> {
    const { on = await this.endpoint(), ...rest } = options;
    const spoke = await createIrohSpokeEventTarget({
      endpoint: on.endpoint,
      hubNodeId: to.address,
      ...rest,
    });
    this.#closers.push(() => spoke.close());
    return spoke;
  }

  async rawPeer(to: { address: string }, alpn?: string): Promise<RawPeer> {
    const { endpoint } = await this.endpoint();
    const peer = await RawPeer.connect(endpoint, to.address, alpn);
    this.#closers.push(() => Promise.resolve(peer.close()));
    return peer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers.reverse()) await close();
    // One after the other they would wait for each other, some seconds each.
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.close()));
  }
}

/** A hub, and the endpoint it is on. */
export type TestHub = IrohHubEventTarget & { readonly on: TestEndpoint };

/** One test, once for each binding. */
export function testOnBindings(
  name: string,
  fn: (setting: Setting) => Promise<void>,
): void {
  for (const binding of bindings) {
    Deno.test({
      name: `${binding.name}: ${name}`,
      ignore: binding.unavailable !== undefined,
      async fn() {
        await using setting = new Setting(binding);
        await fn(setting);
      },
    });
  }
}
