/**
 * Clients that read all that a server sends them and look at none of it.
 * Arguments: port, path, how many, and a text that each sends first. Asked for a
 * number of bytes, it answers once so many have come, all clients together.
 *
 * WebSockets by hand (RFC 6455): a reader should take as little as it can of the
 * machine that it shares with what is measured.
 */

import { upgradeRequest } from "../tests/_websocket_peer.ts";
import { questions, say } from "./_process.ts";

/** More at once would overflow the queue of a listener. */
const AT_ONCE = 50;

const [port = "", path = "", count = "", first = ""] = Deno.args;
const encoder = new TextEncoder();
let came = 0;
let expected = Infinity;
let onExpected = () => {};

for (let open = 0; open < Number(count); open += AT_ONCE) {
  await Promise.all(Array.from({ length: AT_ONCE }, connect));
}
say("ready");
for await (const bytes of questions<number>()) {
  expected = bytes;
  await new Promise<void>((resolve) => {
    onExpected = resolve;
    if (came >= expected) resolve();
  });
  say(came);
}
Deno.exit(); // The reads that are under way would go on.

async function connect(): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: +port });
  await conn.write(upgradeRequest(`ws://127.0.0.1:${port}${path}`));
  const buffer = new Uint8Array(4096);
  // Nothing is sent to those who have not asked: all of it is the answer.
  for (let head = ""; !head.endsWith("\r\n\r\n");) {
    const length = await conn.read(buffer);
    if (length === null) throw new Error(`Cannot upgrade: ${head}`);
    head += new TextDecoder().decode(buffer.subarray(0, length));
  }
  if (first !== "") await conn.write(textFrame(first));
  void read(conn, buffer);
}

async function read(conn: Deno.Conn, buffer: Uint8Array): Promise<void> {
  for (;;) {
    const length = await conn.read(buffer).catch(() => null);
    if (length === null) return;
    came += length;
    if (came >= expected) onExpected();
  }
}

/** A short text, masked with zeros. */
function textFrame(text: string): Uint8Array {
  const content = encoder.encode(text);
  return Uint8Array.of(0x81, 0x80 | content.length, 0, 0, 0, 0, ...content);
}
