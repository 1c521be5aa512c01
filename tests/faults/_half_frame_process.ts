// A peer by hand that subscribes, sends half of an event and says so. What is
// left comes byte by byte and never whole: on iroh each byte is a sign of life.
// Arguments: the name of its transport, the hub's address.

import { say } from "../_line_process.ts";
import { transportNamed } from "./_transport.ts";

const { transport, address } = JSON.parse(Deno.args[0]!);
const peer = await transportNamed(transport).ends().rawPeer(address);
await peer.subscribe("numbered");
const envelope = { type: "numbered", id: "", payload: "" };
const { length } = JSON.stringify(envelope);
const text = JSON.stringify({
  ...envelope,
  payload: "x".repeat(1000 - length),
});
const frame = peer.frameOf(text);
const half = frame.length - 500;
await peer.write(frame.subarray(0, half));
for (let i = half; i < frame.length - 1; i++) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  await peer.write(frame.subarray(i, i + 1));
  if (i === half + 5) say({ written: i });
}
