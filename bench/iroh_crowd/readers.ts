/**
 * Many streams of one process, each on a connection of its own, that are read and
 * not looked at: half of them of a hub, half of the bare binding. Arguments: the
 * binding, the address of the hub, that of the bare endpoint, how many of each.
 * Asked for a number of bytes on one half, says so once they have come.
 */

import { encodeFrame } from "../../framing.ts";
import { bindings } from "../../tests/_iroh.ts";
import { Arrivals } from "../_arrivals.ts";
import { questions, say } from "../_process.ts";
import {
  RAW_ALPN,
  type RawConnection,
  rawOf,
  type RawStream,
} from "../_raw.ts";

/** What is asked. */
export interface Expected {
  of: "hub" | "loop";
  /** Since the start. */
  bytes: number;
}

const READ_BYTES = 256 * 1024;
const [name = "", hub = "", bare = "", count = ""] = Deno.args;
const raw = rawOf(name);
const binding = bindings.find((binding) => binding.name === name)!;

class Half {
  readonly #connections: RawConnection[] = []; // Held, or they end.
  readonly #streams: RawStream[] = [];
  readonly arrivals = new Arrivals();

  async add(connection: RawConnection, first: Uint8Array): Promise<void> {
    const stream = await connection.openBi();
    await stream.send.writeAll(raw.bytes(first));
    this.#connections.push(connection);
    this.#streams.push(stream);
    void this.#read(stream);
  }

  close(): void {
    for (const one of this.#connections) raw.close(one, 1000, "");
  }

  async #read({ recv }: RawStream): Promise<void> {
    for (;;) {
      const bytes = await recv.read(READ_BYTES).catch(() => null);
      if (bytes === null || bytes.length === 0) return;
      this.arrivals.add(bytes.length);
    }
  }
}

const halves = { hub: new Half(), loop: new Half() };
const subscribe = encodeFrame({
  type: "__subscribe",
  id: "",
  payload: { topic: "message.sent" },
});
await using end = await binding.createEndpoint({
  alpns: ["alkpubsub/1", RAW_ALPN],
});
for (let i = 0; i < Number(count); i++) {
  const { endpoint } = end;
  const ours = await raw.connect(endpoint, hub, "alkpubsub/1");
  await halves.hub.add(ours, subscribe);
  await halves.loop.add(await raw.connect(endpoint, bare), new Uint8Array(1));
}
say("ready");
for await (const { of, bytes } of questions<Expected>()) {
  say(await halves[of].arrivals.until(bytes));
}
for (const half of Object.values(halves)) half.close();
