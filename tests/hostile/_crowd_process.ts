// Hubs of these tests, each in a process of its own.

import { pathToFileURL } from "node:url";
import { install, type Installation } from "../_installation.ts";
import { LineProcess } from "../_line_process.ts";
import { type Runtime, runtimes } from "../_runtimes.ts";
import type { HubKind, HubPlan, Told } from "./_crowd_hub.ts";

/** Bytes in use in a process. */
export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

/** What is known of a hub, from outside. */
export interface State extends Told {
  readonly connections: number;
}

/** A hub in a process of its own. */
export class HubProcess extends LineProcess {
  address = "";
  nodeId = "";
  port = 0;
  #installation: Installation | undefined;

  static async start(plan: HubPlan): Promise<HubProcess> {
    const source = new URL("./_crowd_hub_process.ts", import.meta.url);
    await using started = new AsyncDisposableStack();
    const installation = plan.kind === "ws"
      ? started.use(await install([source]))
      : undefined;
    const process = new HubProcess(
      installation
        ? pathToFileURL(installation.path("_crowd_hub_process.js"))
        : source,
      [JSON.stringify(plan)],
      runtimeOf(plan.kind).command,
    );
    process.#installation = installation;
    Object.assign(process, await process.saying("address"));
    started.move(); // It is the process's from here on.
    return process;
  }

  /** What its operator was told so far. */
  look(): Promise<State> {
    return this.ask("look");
  }

  /** Resolves once the operator was told enough. */
  async until(passes: (told: State) => boolean): Promise<State> {
    for (;;) {
      const told = await this.look();
      if (passes(told)) return told;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  memory(): Promise<Memory> {
    return this.ask("memory");
  }

  /** What is in use once the heap is small enough, or does not become so. */
  async memoryBelow(heapUsed: number): Promise<Memory> {
    let memory = await this.memory();
    for (let i = 0; i < 100 && memory.heapUsed >= heapUsed; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      memory = await this.memory();
    }
    return memory;
  }

  override async kill(): Promise<void> {
    const installation = this.#installation;
    this.#installation = undefined;
    await super.kill().finally(() => installation?.[Symbol.asyncDispose]());
  }
}

/** The runtime in which a kind of hub runs. */
export function runtimeOf(kind: HubKind): Runtime {
  const name = kind === "ws" ? "Node.js" : "Deno";
  return runtimes.find((runtime) => runtime.name === name)!;
}

/** Two states of a process in MB, for `figure`. */
export function inMegabytes(
  name: string,
  { heapUsed, external, rss }: Memory,
): Record<string, number> {
  return {
    [`${name} heap MB`]: heapUsed / 1e6,
    [`${name} external MB`]: external / 1e6,
    [`${name} rss MB`]: rss / 1e6,
  };
}
