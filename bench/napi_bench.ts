/**
 * NAPI: what works of each iroh binding in Deno, and what a call costs.
 *
 * Method: the table is printed first, one line per behaviour that this library
 * relies on. Then the costs, both ends in this process, on loopback. "Load" is a
 * process that loads the binding and ends, against one that loads nothing. "Round
 * trip" is one frame of 171 bytes of JSON there and back, against TCP. "One way" is
 * a batch of 256 such frames, read by the other side before an iteration ends,
 * against a call per frame on both sides. Where a binding is missing, or has no
 * DNS to find its peer (`deno task bench` brings it), that is said and skipped.
 */

import { type BindingName, bindings } from "../tests/_iroh.ts";
import {
  batchesOf,
  ECHO,
  LARGE,
  openStream,
  PER_FRAME,
  sendAll,
  serve,
  sizeOf,
} from "./_control.ts";
import {
  type Bytes,
  type Raw,
  RAW_ALPN,
  type RawConnection,
  raws,
} from "./_raw.ts";

const FRAMES = 256;
const PACKAGES: Record<BindingName, string[]> = {
  "@number0/iroh": ["@number0/iroh"],
  "@rayhanadev/iroh": ["@rayhanadev/iroh", "@rayhanadev/iroh-linux-x64-gnu"],
};
/** What bytes are, by binding: so `_iroh_binding.ts` has it. */
const BYTES: Record<BindingName, (bytes: Bytes | null) => boolean> = {
  "@number0/iroh": Array.isArray,
  "@rayhanadev/iroh": (bytes) => bytes instanceof Uint8Array,
};

/** A client and a server of one binding, connected. */
interface Pair {
  client: RawConnection;
  server: RawConnection;
}

async function pairOf(raw: Raw): Promise<Pair & { dial(): Promise<Pair> }> {
  const binding = bindings.find(({ name }) => name === raw.name)!;
  const alpns = [RAW_ALPN];
  const near = await binding.createEndpoint({ alpns });
  const far = await binding.createEndpoint({ alpns });
  const dial = async () => {
    const [client, server] = await Promise.all([
      raw.connect(near.endpoint, far.address),
      raw.accept(far.endpoint),
    ]);
    return { client, server };
  };
  return { ...await dial(), dial };
}

async function load(names: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL("./_load.ts", import.meta.url).href, ...names],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

/** What the library relies on, beside loading and connecting. */
const BEHAVIOURS: Record<string, (raw: Raw, pair: Pair) => Promise<boolean>> = {
  async "a frame comes back, bytes are what we expect"(
    raw,
    { client, server },
  ) {
    const near = await client.openBi();
    await near.send.writeAll(raw.bytes(Uint8Array.of(1, 2, 255)));
    const far = await server.acceptBi();
    await far.send.writeAll((await far.recv.read(9))!);
    const back = await near.recv.read(9);
    return BYTES[raw.name](back) && Array.from(back!).join() === "1,2,255";
  },
  async "1 MiB in one writeAll arrives whole"(raw, { client, server }) {
    const bytes = new Uint8Array(1024 * 1024).map((_, i) => i * 31);
    const near = await client.openBi();
    const written = near.send.writeAll(raw.bytes(bytes));
    const far = await server.acceptBi();
    let length = 0;
    let same = true;
    while (length < bytes.length) {
      const chunk = (await far.recv.read(256 * 1024))!;
      for (const byte of chunk) same &&= byte === bytes[length++];
    }
    await written;
    return same;
  },
  async "the end of a stream is null or nothing"(raw, { client, server }) {
    const near = await client.openBi();
    await near.send.writeAll(raw.bytes(Uint8Array.of(1)));
    const far = await server.acceptBi();
    await far.recv.read(9);
    await near.send.finish();
    const end = await far.recv.read(9);
    return end === null || end.length === 0;
  },
  async "a close tells its code and its reason"(raw, { client, server }) {
    raw.close(server, 1013, "slow consumer");
    return await client.closed() ===
      "closed by peer: slow consumer (code 1013)";
  },
  async "after a close, calls reject"(_raw, { client }) {
    return await client.openBi().then(() => false, () => true);
  },
};

async function answerOf(run: () => Promise<boolean>): Promise<string> {
  try {
    return await run() ? "ok" : "no";
  } catch (error) {
    return `no: ${String(error).split("\n")[0]}`;
  }
}

const table: [binding: string, behaviour: string, ok: string][] = [
  ["binding", "behaviour", "ok"],
];

for (const raw of raws) {
  const add = (behaviour: string, ok: string) =>
    table.push([raw.name, behaviour, ok]);
  const packages = PACKAGES[raw.name];
  const loaded = await answerOf(() => load(packages));
  add("loads, and lets its process end", loaded);
  if (loaded !== "ok") continue;
  Deno.bench("a process with Deno alone", {
    group: `load ${raw.name}`,
    baseline: true,
  }, async () => void await load([]));
  Deno.bench("and with the binding", {
    group: `load ${raw.name}`,
  }, async () => void await load(packages));

  if (raw.unavailable !== undefined) {
    add("connects", `skipped: ${raw.unavailable}`);
    continue;
  }
  const { client, server, dial } = await pairOf(raw);
  add("connects", "ok");
  const pair = await dial();
  for (const [behaviour, run] of Object.entries(BEHAVIOURS)) {
    add(behaviour, await answerOf(() => run(raw, pair)));
  }
  void serve(raw, server);
  closeAtEnd(raw, server);
  await benchCalls(raw, client, dial);
}

const widths = [0, 1].map((i) =>
  Math.max(...table.map((row) => row[i]!.length))
);
for (const [binding, behaviour, ok] of table) {
  console.log(
    `${binding.padEnd(widths[0]!)}  ${behaviour.padEnd(widths[1]!)}  ${ok}`,
  );
}

async function benchCalls(
  raw: Raw,
  client: RawConnection,
  dial: () => Promise<Pair>,
): Promise<void> {
  Deno.bench(
    "dial, accept, close",
    { group: `connect ${raw.name}` },
    async () => {
      const { client } = await dial();
      raw.close(client, 1000, "");
    },
  );

  const [frame] = batchesOf(1, 1) as [Uint8Array];
  const roundTrip = `round trip ${raw.name}`;
  const tcp = await connectTcp();
  const buffer = new Uint8Array(frame.length);
  Deno.bench("TCP", { group: roundTrip, baseline: true }, async () => {
    await tcp.write(frame);
    await tcp.read(buffer);
  });
  const echo = await openStream(raw, client, ECHO);
  Deno.bench("iroh", { group: roundTrip }, async () => {
    await echo.send.writeAll(raw.bytes(frame));
    await echo.recv.readExact(frame.length);
  });

  const oneWay = `one way, ${FRAMES} frames, ${raw.name}`;
  const single = batchesOf(FRAMES, 1);
  const coalesced = batchesOf(FRAMES, FRAMES);
  const perFrame = await openStream(raw, client, PER_FRAME, FRAMES);
  Deno.bench("a writeAll, two readExact per frame", {
    group: oneWay,
    baseline: true,
  }, async () => await sendAll(raw, perFrame, single));
  const large = await openStream(raw, client, LARGE, sizeOf(single));
  Deno.bench("a writeAll per frame, read(256 KiB)", {
    group: oneWay,
  }, async () => await sendAll(raw, large, single));
  Deno.bench("one writeAll, read(256 KiB)", {
    group: oneWay,
  }, async () => await sendAll(raw, large, coalesced));
}

/**
 * Deno 2.9 crashes when the module ends while a native read is pending; a
 * bench has no hook after the last one, and here nothing can be awaited.
 */
function closeAtEnd(raw: Raw, connection: RawConnection): void {
  addEventListener("unload", () => {
    raw.close(connection, 1000, "");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  });
}

async function connectTcp(): Promise<Deno.TcpConn> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const [client, server] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  client.setNoDelay();
  server.setNoDelay();
  void server.readable.pipeTo(server.writable).catch(() => {});
  return client;
}
