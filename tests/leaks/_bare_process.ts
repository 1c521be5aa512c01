// One end of bare iroh connections, without this library: what the binding
// itself leaves. Arguments: binding, and at the dialling end the other's address
// as `_iroh.ts` has it.

import { bindings } from "../_iroh.ts";
import { read, serve } from "./_metered.ts";

/** What both bindings' connections have alike; bytes are arrays on one. */
interface BareConnection {
  openBi(): Promise<BareStream>;
  acceptBi(): Promise<BareStream>;
  closed(): Promise<string>;
  close(code: number | bigint, reason: string | number[]): void;
}
interface BareStream {
  send: { writeAll(bytes: Uint8Array | number[]): Promise<unknown> };
  recv: { read(size: number): Promise<unknown> };
}

const AT_ONCE = 20;

const [name, address] = Deno.args;
const isNumber0 = name === "@number0/iroh";
const on = await bindings.find((one) => one.name === name)!.createEndpoint();
const endpoint = on.endpoint as unknown as {
  accept(): Promise<BareConnection | null>;
  acceptNext(): Promise<
    | { accept(): Promise<{ connect(): Promise<BareConnection> }> }
    | null
  >;
  connect(address: unknown, alpn: unknown): Promise<BareConnection>;
};
/** As much as the library asks for. */
const READ_BYTES = isNumber0 ? 64 * 1024 : 256 * 1024;
const bytes = isNumber0 ? [1, 2, 3] : new Uint8Array([1, 2, 3]);

/** Somebody always reads: the connection ends under that. */
async function endOf(recv: BareStream["recv"]): Promise<void> {
  await recv.read(READ_BYTES).then(null, () => {});
}

async function answer(connection: BareConnection): Promise<void> {
  const { send, recv } = await connection.acceptBi();
  await recv.read(READ_BYTES);
  await send.writeAll(bytes);
  await Promise.all([endOf(recv), connection.closed()]);
}

async function accept(): Promise<void> {
  for (;;) {
    if (isNumber0) {
      const incoming = await endpoint.acceptNext();
      if (incoming === null) return;
      void incoming.accept().then((one) => one.connect()).then(answer);
    } else {
      const connection = await endpoint.accept();
      if (connection === null) return;
      void answer(connection);
    }
  }
}

async function visit(): Promise<void> {
  const connection = isNumber0
    ? await endpoint.connect(
      await addrOf(address!),
      [...new TextEncoder().encode("alkpubsub/1")],
    )
    : await endpoint.connect(address, "alkpubsub/1");
  const { send, recv } = await connection.openBi();
  await send.writeAll(bytes);
  await recv.read(READ_BYTES);
  const ended = endOf(recv);
  if (isNumber0) connection.close(1000n, []);
  else connection.close(1000, "");
  await Promise.all([ended, connection.closed()]);
}

async function addrOf(ticket: string): Promise<unknown> {
  const { default: iroh } = await import("@number0/iroh");
  return iroh.EndpointTicket.fromString(ticket).endpointAddr();
}

if (address === undefined) void accept();

await serve({ address: on.address }, {
  read,
  async connects(count: number) {
    for (let done = 0; done < count; done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, visit));
    }
  },
});
