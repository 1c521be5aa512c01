/**
 * The DNS of the fixture in `_iroh.ts`, on UDP 127.0.0.1:53: answers for the
 * nodes that were announced to it. A worker, because late questions would count
 * as leaks of whatever test runs when they come.
 */

import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import { parentPort } from "node:worker_threads";
import {
  type Answer,
  decode,
  encode,
  type Packet,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
} from "dns-packet";
import { DNS_PORT } from "./_dns_port.ts";

const NXDOMAIN = 3;

/** The node ids that DNS answers for, and the address and port of each. */
const nodes = new Map<string, string>();

/** z-base-32, the form in which iroh writes a node id into a DNS name. */
function zBase32(hex: string): string {
  const alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";
  const bits = Buffer.from(hex, "hex").reduce(
    (all, byte) => all + byte.toString(2).padStart(8, "0"),
    "",
  );
  return bits.match(/.{1,5}/g)!.map((five) =>
    alphabet[parseInt(five.padEnd(5, "0"), 2)]
  ).join("");
}

const socket = createSocket("udp4");
socket.on("message", (message, { port, address }) => {
  const text = message.toString("latin1");
  if (text.startsWith("announce ")) {
    const [, nodeId = "", nodeAddress = ""] = text.split(" ");
    nodes.set(nodeId, nodeAddress);
    socket.send(message, port, address);
    return;
  }
  const { id, questions = [] } = decode(message);
  const answers: Answer[] = [];
  let isKnown = false;
  for (const { name, type } of questions) {
    const node = [...nodes].find(([nodeId]) =>
      name.toLowerCase() === `_iroh.${zBase32(nodeId)}.dns.iroh.link`
    );
    if (node === undefined) continue;
    isKnown = true;
    // Kept by nobody: a node that comes back elsewhere is found.
    const data = `addr=${node[1]}`;
    if (type === "TXT") answers.push({ name, type, ttl: 0, data });
  }
  const flags = RECURSION_DESIRED | RECURSION_AVAILABLE |
    (isKnown ? 0 : NXDOMAIN);
  const response = { type: "response", id, flags, questions, answers };
  socket.send(encode(response as Packet), port, address);
});

/** Says whether this is the name server, or why it is not. */
const say = (fault: { code?: string; message: string } | undefined) =>
  parentPort!.postMessage(
    fault && { code: fault.code, message: fault.message },
  );
socket.once("error", say);
socket.bind(DNS_PORT, "127.0.0.1", () => {
  socket.off("error", say);
  // An answer to somebody who has left is nobody's loss.
  socket.on("error", () => {});
  say(undefined);
});
