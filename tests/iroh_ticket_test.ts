import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import type * as Number0 from "@number0/iroh";
import { number0 } from "./_iroh.ts";
import { decodeIrohTicket, normalizeNodeId } from "../_iroh_ticket.ts";

const ID = "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c";
const ID_BASE32 = "5jfgyy7ctrjavpxvkb5rglwf7gkuo5vox27hxescd3vgsfcg2iwa";
const TICKET =
  "endpointadveu3dd4kofecv66vihwezoyx4zkr3wv27l464siipou2iui3jcya" +
  "qadjuhi5dqom5c6l3smvwgc6jomv4gc3lqnrss4y3pnuxqcaajbeeqsai";

const REFUSED = { name: "TypeError", message: /^Cannot read iroh ticket: / };

/** Writes a ticket out of bytes. */
function ticketOf(...parts: (number | string | Uint8Array)[]): string {
  const bytes = Buffer.concat(parts.map((part) => {
    if (typeof part === "number") return Buffer.of(part);
    return typeof part === "string" ? Buffer.from(part) : Buffer.from(part);
  }));
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join(
    "",
  );
  return "endpoint" +
    (bits.match(/.{1,5}/g) ?? []).map((five) =>
      "abcdefghijklmnopqrstuvwxyz234567"[parseInt(five.padEnd(5, "0"), 2)]
    ).join("");
}
const id = Buffer.from(ID, "hex");

Deno.test("decodeIrohTicket reads a ticket with a relay and an address", () => {
  assert.deepEqual(decodeIrohTicket(TICKET), {
    id: ID,
    relayUrl: "https://relay.example.com/",
    addresses: ["9.9.9.9:1"],
  });
});

Deno.test("decodeIrohTicket takes upper case after the prefix", () => {
  const upper = "endpoint" + TICKET.slice("endpoint".length).toUpperCase();
  assert.deepEqual(decodeIrohTicket(upper), decodeIrohTicket(TICKET));
});

Deno.test({
  name: "decodeIrohTicket reads what @number0/iroh writes",
  ignore: number0.unavailable !== undefined,
  fn() {
    const iroh: typeof Number0 = createRequire(import.meta.url)(
      "@number0/iroh",
    );
    const long = `https://${"relay.".repeat(30)}example.com:8443/path`;
    const cases: [relay: string | undefined, addresses: string[]][] = [
      [undefined, []],
      [undefined, ["1.2.3.4:5"]],
      [undefined, [
        "255.254.253.252:65535",
        "1.2.3.4:0",
        "1.2.3.4:127",
        "1.2.3.4:128",
      ]],
      [undefined, ["[::1]:8080"]],
      [undefined, [
        "[::]:1",
        "[2001:db8::ff00:42:8329]:300",
        "[::ffff:1.2.3.4]:9",
      ]],
      ["https://relay.example.com/", []],
      ["https://relay.example.com./", ["1.2.3.4:5", "[fe80::1]:16384"]],
      [long, ["1.2.3.4:5"]],
    ];
    for (const [relay, addresses] of cases) {
      const nodeId = iroh.SecretKey.generate().public();
      const addr = new iroh.EndpointAddr(nodeId, relay, addresses);
      const ticket = iroh.EndpointTicket.fromAddr(addr).toString();
      const decoded = decodeIrohTicket(ticket);
      assert.equal(decoded.id, nodeId.toString());
      assert.equal(decoded.relayUrl, relay);
      assert.equal(decoded.addresses.length, addresses.length);
      // What is compared is what the binding understands: it spells some addresses in another way.
      const again = new iroh.EndpointAddr(
        iroh.EndpointId.fromString(decoded.id),
        decoded.relayUrl,
        decoded.addresses,
      );
      assert.equal(iroh.EndpointTicket.fromAddr(again).toString(), ticket);
    }
  },
});

Deno.test("decodeIrohTicket refuses every truncation", () => {
  for (let length = 0; length < TICKET.length; length++) {
    assert.throws(
      () => decodeIrohTicket(TICKET.slice(0, length)),
      REFUSED,
      `${length} characters`,
    );
  }
});

Deno.test("decodeIrohTicket says what is wrong", () => {
  const cases: [ticket: string, message: string][] = [
    ["", 'it must start "endpoint"'],
    [ID, 'it must start "endpoint"'],
    [`blob${TICKET.slice(8)}`, 'it must start "endpoint"'],
    [TICKET.toUpperCase(), 'it must start "endpoint"'],
    ["endpoint!!!!", "what follows its prefix is not base32"],
    [`${TICKET} `, "what follows its prefix is not base32"],
    ["endpoint", "it ends at byte 0, 1 are needed"],
    [ticketOf(0, id.subarray(1)), "it ends at byte 32, 33 are needed"],
    [ticketOf(0, id, 1), "it ends at byte 34, 35 are needed"],
    [
      ticketOf(0, id, 1, 0, 200, 1, "https:"),
      "it ends at byte 43, 237 are needed",
    ],
    [ticketOf(1, id, 0), "its version is not 0"],
    [ticketOf(0, id, 0, 0), "it goes on after byte 34"],
    [ticketOf(0, id, 1, 2), "address kind 2 is unknown, not 0 or 1"],
    [ticketOf(0, id, 1, 1, 2), "IP family 2 is unknown, not 0 or 1"],
    [
      ticketOf(0, id, 1, 1, 0, 1, 2, 3, 4, 0x80, 0x80, 4),
      "port 65536 is over 65535",
    ],
    [ticketOf(0, id, 1, 0, 3, "a b"), 'its relay "a b" is not a URL'],
    [ticketOf(0, id, 1, 0, 1, 0xff), 'its relay "\ufffd" is not a URL'],
    [
      ticketOf(0, id, 255, 255, 255, 255, 255, 255),
      "the number before byte 38 is too long",
    ],
  ];
  for (const [ticket, message] of cases) {
    assert.throws(() => decodeIrohTicket(ticket), {
      name: "TypeError",
      message: `Cannot read iroh ticket: ${message}`,
    });
  }
});

Deno.test("decodeIrohTicket refuses a huge count of addresses without allocating for it", () => {
  assert.throws(
    () => decodeIrohTicket(ticketOf(0, id, 255, 255, 255, 255, 15)),
    REFUSED,
  );
});

Deno.test("normalizeNodeId takes hexadecimal and base32 in any case", () => {
  for (const text of [ID, ID_BASE32]) {
    assert.equal(normalizeNodeId(text), ID);
    assert.equal(normalizeNodeId(text.toUpperCase()), ID);
  }
});

Deno.test({
  name: "normalizeNodeId agrees with @number0/iroh",
  ignore: number0.unavailable !== undefined,
  fn() {
    const iroh: typeof Number0 = createRequire(import.meta.url)(
      "@number0/iroh",
    );
    assert.equal(
      iroh.EndpointId.fromString(ID_BASE32).toString(),
      normalizeNodeId(ID_BASE32),
    );
    assert.equal(
      iroh.EndpointId.fromString(ID).toString(),
      normalizeNodeId(ID),
    );
  },
});

Deno.test("normalizeNodeId refuses anything else", () => {
  const others = [
    "",
    "zz",
    ID.slice(1),
    `${ID}0`,
    ` ${ID}`,
    ID.replace("e", "g"),
    TICKET,
  ]
    .concat(
      `${ID_BASE32}====`,
      ID_BASE32.replace("5", "1"),
      ID_BASE32.slice(1),
    );
  for (const text of others) {
    assert.throws(() => normalizeNodeId(text), {
      name: "TypeError",
      message:
        `Cannot read iroh node id: "${text}" is not 64 hex or 52 base32 characters`,
    });
  }
});
