// What a test of faults has at hand, on each transport: ends in its own process,
// and others in processes that it may stop and kill.

import { Buffer } from "node:buffer";
import { within } from "../../_deferred.ts";
import type { SpokeOptions, SpokeStatus } from "../../websocket_client.ts";
import { announce } from "../_iroh.ts";
import { lengthOf } from "../_length.ts";
import { type Line, LineProcess } from "../_line_process.ts";
import type { Log } from "../_waiting.ts";
import { PortKeeper } from "./_port_keeper.ts";
import { type Ends, type Transport, transports } from "./_transport.ts";

/** Whoever goes silent is found within the sum of the two, instead of in 15 s. */
export const SOON = { pingInterval: 250, pingTimeout: 500 };

/** Of a spoke that comes back at once. */
export const COMES_BACK: SpokeOptions = {
  ...SOON,
  connectTimeout: 1000,
  reconnect: { minDelay: 1, maxDelay: 100 },
};

/** A hub in a process of its own. */
export class HubProcess extends LineProcess {
  address = "";
  port = 0;

  /** Serves from now on; port 0 is any. */
  async listen(port: number): Promise<void> {
    Object.assign(this, await this.ask("listen", port));
  }

  /** The topics of each connection, with the peer's id. */
  async topics(): Promise<[id: string, topics: string[]][]> {
    return await this.ask("topics");
  }

  /** Resolves once no more than so many connections are left. */
  async holds(count: number): Promise<void> {
    const ended = () => this.said.all.filter((line) => "ended" in line).length;
    for (let known = 0; (await this.topics()).length > count; known++) {
      await this.said.find(() => ended() > known);
    }
  }

  /** The numbers of the events "numbered" that it heard, and said. */
  get heard(): number[] {
    return this.said.all.flatMap(({ heard }) => (heard ?? []) as number);
  }
}

/** One transport, and who is on it; all end with the test. */
export class Stage implements AsyncDisposable {
  readonly transport: Transport;
  readonly ends: Ends;
  readonly #processes: LineProcess[] = [];
  readonly #secretKey = Buffer.from(
    crypto.getRandomValues(new Uint8Array(32)),
  ).toString("hex");
  #port = 0;
  #keeper: PortKeeper | undefined;

  constructor(transport: Transport) {
    this.transport = transport;
    this.ends = transport.ends();
  }

  /** A process that listens when it is told to; all of a stage are one hub. */
  async hubProcess(): Promise<HubProcess> {
    const args = {
      transport: this.transport.name,
      secretKey: this.#secretKey,
    };
    const hub = new HubProcess(
      new URL("_hub_process.ts", import.meta.url),
      [JSON.stringify(args)],
    );
    this.#processes.push(hub);
    await hub.saying("ready");
    return hub;
  }

  /** A hub that serves where the one before did. */
  async serving(): Promise<HubProcess> {
    const hub = await this.hubProcess();
    await this.serve(hub);
    return hub;
  }

  /** Has a hub serve where the one before did. */
  async serve(hub: HubProcess): Promise<void> {
    await hub.listen(this.#port);
    this.#port = hub.port;
    if (this.transport.keepsPort) return;
    this.#keeper ??= await PortKeeper.open();
    this.#keeper.server = hub.port;
    await announce(hub.address, this.#keeper.port);
  }

  /** Some other end as a process. */
  process(script: string, args: Line): LineProcess {
    const { name } = this.transport;
    const process = new LineProcess(
      new URL(script, import.meta.url),
      [JSON.stringify({ transport: name, ...args })],
    );
    this.#processes.push(process);
    return process;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // First the ends here: whoever has a hub left can say goodbye to it.
    await this.ends[Symbol.asyncDispose]();
    await Promise.all(this.#processes.map((process) => process.kill()));
    await this.#keeper?.[Symbol.asyncDispose]();
  }
}

/** Resolves with the next status of a type that comes from now on. */
export async function nextStatus<TType extends SpokeStatus["type"]>(
  statuses: Log<SpokeStatus>,
  type: TType,
): Promise<SpokeStatus & { type: TType }> {
  const known = new Set(statuses.all);
  const found = await statuses.find((one) =>
    one.type === type && !known.has(one)
  );
  return found as SpokeStatus & { type: TType };
}

/** Far more than any test takes. */
const DEADLINE = lengthOf({ short: 120_000, full: 3_600_000 });

/** One test, once for each transport; one that hangs fails. */
export function testOnTransports(
  name: string,
  fn: (stage: Stage) => Promise<void>,
): void {
  for (const transport of transports) {
    Deno.test({
      name: `${transport.name}: ${name}`,
      ignore: transport.unavailable !== undefined,
      async fn() {
        await using stage = new Stage(transport);
        await within(fn(stage), DEADLINE, () => {
          throw new Error(`The test did not end in ${DEADLINE} ms`);
        });
      },
    });
  }
}
