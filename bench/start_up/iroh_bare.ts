// The same on the binding alone, with as little as does it. Arguments: the module
// of the binding, the address.

import {
  ALPN,
  isNumber0,
  number0Endpoint,
  rayhanadevEndpoint,
} from "./_binding.ts";

interface Stream {
  send: { writeAll(bytes: Uint8Array | number[]): Promise<unknown> };
  recv: { readExact(size: number): Promise<Uint8Array | number[]> };
}

const [module = "", address = ""] = Deno.args;

async function openNumber0(): Promise<Stream> {
  const { iroh, endpoint } = await number0Endpoint(module);
  const connection = await endpoint.connect(
    iroh.EndpointTicket.fromString(address).endpointAddr(),
    [...new TextEncoder().encode(ALPN)],
  );
  const { send, recv } = await connection.openBi();
  return {
    send: { writeAll: (bytes) => send.writeAll(Array.from(bytes)) },
    recv,
  };
}

async function openRayhanadev(): Promise<Stream> {
  const endpoint = await rayhanadevEndpoint(module);
  const connection = await endpoint.connect(address, ALPN);
  return await connection.openBi() as Stream;
}

const { send, recv } = isNumber0(module)
  ? await openNumber0()
  : await openRayhanadev();
const hello = new TextEncoder().encode(
  JSON.stringify({ type: "hello", id: "", payload: null }),
);
const frame = new Uint8Array(4 + hello.length);
new DataView(frame.buffer).setUint32(0, hello.length);
frame.set(hello, 4);
await send.writeAll(frame);
const head = Uint8Array.from(await recv.readExact(4));
const length = new DataView(head.buffer).getUint32(0);
const text = Uint8Array.from(await recv.readExact(length));
console.log(JSON.parse(new TextDecoder().decode(text)).type);
Deno.exit();
