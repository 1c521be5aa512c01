/**
 * Spokes that subscribe and then never read, on the bare binding. Arguments:
 * the binding, the hub's address, how many, the topic. Says how each ended.
 */

import { encodeFrame } from "../../framing.ts";
import { bindings } from "../../tests/_iroh.ts";
import { say } from "../_process.ts";
import { rawOf } from "../_raw.ts";

const [name = "", address = "", count = "", topic = ""] = Deno.args;
const raw = rawOf(name);
const binding = bindings.find((binding) => binding.name === name)!;
await using end = await binding.createEndpoint();

const subscribe = encodeFrame({
  type: "__subscribe",
  id: "",
  payload: { topic },
});
const connections = [];
const streams = []; // Held: a stream that nobody holds is closed.
for (let i = 0; i < Number(count); i++) {
  const connection = await raw.connect(end.endpoint, address, "alkpubsub/1");
  const stream = await connection.openBi();
  await stream.send.writeAll(raw.bytes(subscribe));
  connections.push(connection);
  streams.push(stream);
}
say("stalled");
const ends = await Promise.all(connections.map((one) => one.closed()));
say(ends);
streams.length = 0;
