import { createRequire } from "node:module";
import { linesOf } from "../../tests/_line_process.ts";
import { Peer } from "../_process.ts";
import { raws } from "../_raw.ts";
import type { Workload } from "../_result.ts";
import type { Addresses } from "../start_up/_addresses.ts";
import { nats } from "../systems/nats.ts";
import { inTurns, median } from "../_turns.ts";

/** Processes of a sample, which is their median. */
const RUNS = 3;
const MOST_MORE_MS = 30;

const OURS = "@alkdev/pubsub, WebSocket";
const BARE = "bare WebSocket";
const oursOn = (short: string) => `@alkdev/pubsub, iroh (${short})`;
const bareOn = (short: string) => `raw binding (${short})`;

export const workload: Workload = {
  title: "Start-up to the first event",
  method: `
From the start of a process to its word that the first event has come: Deno, the
script and what it imports (compiled before, as on every start but the first), the
endpoint, the handshake, a message that asks for the event, the event. The script on
the raw binding dials, opens a stream, writes one frame and reads one. Servers run
all the while. The client of NATS gets what it publishes itself. A sample is the
median of ${RUNS} processes.`,
  unit: "ms",
  better: "lower",
  async measure(result, plan) {
    await using stack = new AsyncDisposableStack();
    const server = stack.use(new Peer("./start_up/server.ts", []));
    const addresses = await server.next<Addresses>();
    const runs = plan.some(RUNS, 1);
    const measures: Record<string, () => Promise<number>> = {};
    const add = (name: string, script: string, ...args: string[]) =>
      measures[name] = async () => {
        const times: number[] = [];
        for (let i = 0; i < runs; i++) {
          times.push(await firstEvent(script, args));
        }
        return median(times);
      };
    const shorts: string[] = [];
    for (const { name, unavailable } of raws) {
      const short = name.split("/")[0]!;
      const iroh = addresses.iroh[name];
      if (iroh === undefined) {
        result.skip(oursOn(short), unavailable ?? "it is not there");
        continue;
      }
      shorts.push(short);
      const module = moduleOf(name);
      add(oursOn(short), "iroh_spoke.ts", module, iroh.hub);
      add(bareOn(short), "iroh_bare.ts", module, iroh.bare);
    }
    add(OURS, "websocket_client.ts", addresses.hub);
    add(BARE, "websocket_bare.ts", addresses.socket);
    const fault = await nats.unavailable();
    if (fault === undefined) {
      const { address } = stack.use(await nats.serve());
      add("NATS", "nats_client.ts", address);
    } else result.skip("NATS", fault);
    add("Socket.IO", "socket_io_client.ts", addresses["socket.io"]);
    // Deno compiles a script when it meets it first.
    for (const measure of Object.values(measures)) await measure();
    result.add(await inTurns(plan, measures));
    for (const short of shorts) {
      result.compare(
        `A spoke: more than a script on the raw binding (${short})`,
        { name: oursOn(short) },
        { name: bareOn(short) },
        {
          as: "difference",
          atMost: short === "@rayhanadev" ? MOST_MORE_MS : undefined,
        },
      );
    }
    result.compare(
      "A WebSocket client: more than a bare WebSocket",
      { name: OURS },
      { name: BARE },
      { as: "difference" },
    );
  },
};

/** What a script loads for a binding: of `@rayhanadev` there may be a part only. */
function moduleOf(name: string): string {
  if (name === "@number0/iroh") return "@number0/iroh/index.js";
  const require = createRequire(import.meta.url);
  try {
    require.resolve(name);
    return name;
  } catch {
    return `${name}-${Deno.build.os}-x64-gnu`;
  }
}

/** Milliseconds until a new process says that it has its first event. */
async function firstEvent(
  script: string,
  args: readonly string[],
): Promise<number> {
  const url = new URL(`../start_up/${script}`, import.meta.url).href;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", url, ...args],
    stdin: "null",
    stdout: "piped",
    env: { DENO_NO_UPDATE_CHECK: "1" },
  });
  const start = performance.now();
  const child = command.spawn();
  let took: number | undefined;
  for await (const line of linesOf(child.stdout)) {
    took = performance.now() - start;
    if (line !== "first.event") throw new Error(`${script} said ${line}`);
  }
  await child.status;
  if (took === undefined) throw new Error(`${script} got no event`);
  return took;
}
