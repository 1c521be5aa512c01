// Processes of these tests: each prints lines of JSON, one when it is ready and
// one for each line that it is given.

import { fileURLToPath } from "node:url";
import { install } from "../_installation.ts";
import { type Runtime, runtimes } from "../_runtimes.ts";
import type { HubKind, HubPlan, Told } from "./_crowd_hub.ts";

/** Bytes in use in a process. */
export interface Memory {
  readonly heapUsed: number;
  readonly external: number;
  readonly rss: number;
}

/** A process that answers; disposing of it ends it. */
export class AnsweringProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #closers: (() => PromiseLike<unknown>)[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(runtime: Runtime, script: string, args: readonly string[]) {
    const [command = "", ...flags] = runtime.command;
    this.#child = new Deno.Command(command, {
      args: [...flags, script, ...args],
      env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#lines = this.#child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(lineStream())
      .getReader();
  }

  /** The next line that it prints. */
  async line<T>(): Promise<T> {
    const { value, done } = await this.#lines.read();
    if (done) throw new Error("The process ended");
    return JSON.parse(value);
  }

  /** Its answer to a line. */
  ask<T>(question: string): Promise<T> {
    const answer = this.#last.then(async () => {
      await this.#input.write(new TextEncoder().encode(`${question}\n`));
      return await this.line<T>();
    });
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** Calls this when the process has ended. */
  defer(close: () => PromiseLike<unknown>): void {
    this.#closers.push(close);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.#input.close().catch(() => {});
    await this.#lines.cancel();
    for (const close of this.#closers) await close();
  }
}

/** A hub in a process of its own. */
export class HubProcess extends AnsweringProcess {
  address = "";
  nodeId = "";
  port = 0;

  static async start(plan: HubPlan): Promise<HubProcess> {
    const source = new URL("./_crowd_hub_process.ts", import.meta.url);
    const installation = plan.kind === "ws"
      ? await install([source])
      : undefined;
    const process = new HubProcess(
      runtimeOf(plan.kind),
      installation?.path("_crowd_hub_process.js") ?? fileURLToPath(source),
      [JSON.stringify(plan)],
    );
    if (installation) process.defer(() => installation[Symbol.asyncDispose]());
    return Object.assign(process, await process.line<object>());
  }

  /** What its operator was told so far. */
  look(): Promise<Told & { connections: number }> {
    return this.ask("look");
  }

  /** Resolves once the operator was told enough. */
  async until(
    passes: (told: Told & { connections: number }) => boolean,
  ): Promise<Told & { connections: number }> {
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
}

/** The runtime in which a kind of hub runs. */
export function runtimeOf(kind: HubKind): Runtime {
  const name = kind === "ws" ? "Node.js" : "Deno";
  return runtimes.find((runtime) => runtime.name === name)!;
}

function lineStream(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop()!;
      for (const line of lines) controller.enqueue(line);
    },
  });
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
