// Pins what the library relies on in the bindings themselves; nothing of the
// library is used here. What differs between the two is in `expected`.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createRequire } from "node:module";
import type * as Number0 from "@number0/iroh";
import {
  type Binding,
  bindings,
  number0,
  type Number0Endpoint,
  type RawEndpoint,
  rayhanadev,
  type RayhanadevEndpoint,
  type TestEndpoint,
} from "./_iroh.ts";

const ALPN = "alkpubsub/1";

type Bytes = number[] | Uint8Array;

interface Connection {
  alpn(): Bytes;
  openBi(): Promise<BiStream>;
  acceptBi(): Promise<BiStream>;
  closed(): Promise<string>;
}
interface BiStream {
  readonly send: {
    writeAll(bytes: Bytes): Promise<void>;
    finish(): Promise<void>;
  };
  readonly recv: {
    read(limit: number): Promise<Bytes | null>;
    readExact(size: number): Promise<Bytes>;
    stop(code: number | bigint): Promise<void>;
  };
}

/** The verbs that the bindings spell differently, and what they answer. */
interface Dialect {
  accept(endpoint: RawEndpoint): Promise<Connection | null>;
  connect(
    endpoint: RawEndpoint,
    address: string,
    alpn?: string,
  ): Promise<Connection>;
  close(connection: Connection, code: number, reason: string): void;
  remoteId(connection: Connection): string;
  bytes(data: Uint8Array): Bytes;
  code(value: number): number | bigint;
  readonly expected: {
    bytesClass: typeof Array | typeof Buffer;
    refusedBytes: Bytes;
    refusal: { code: string; message: string };
    readAtEnd: Bytes | null;
    readExactAtEnd: RegExp;
    closedByPeer: RegExp;
    closedByUs: RegExp;
    openAfterClosedByPeer: RegExp;
    openAfterClosedByUs: RegExp;
    wrongAlpnAccepting: RegExp;
  };
}

function number0Dialect(): Dialect {
  type Raw = Number0.Connection;
  const load = (): typeof Number0 =>
    createRequire(import.meta.url)("@number0/iroh");
  const encode = (text: string) => [...new TextEncoder().encode(text)];
  return {
    async accept(endpoint) {
      const incoming = await (endpoint as Number0Endpoint).acceptNext();
      return incoming && await (await incoming.accept()).connect();
    },
    connect(endpoint, address, alpn = ALPN) {
      const ticket = load().EndpointTicket.fromString(address);
      return (endpoint as Number0Endpoint)
        .connect(ticket.endpointAddr(), encode(alpn));
    },
    close(connection, code, reason) {
      (connection as Raw).close(BigInt(code), encode(reason));
    },
    remoteId: (connection) => (connection as Raw).remoteId().toString(),
    bytes: (data) => [...data],
    code: BigInt,
    expected: {
      bytesClass: Array,
      refusedBytes: new Uint8Array(3),
      refusal: {
        code: "ArrayExpected",
        message: "Failed to get Array length",
      },
      readAtEnd: [],
      readExactAtEnd: /^FinishedEarly\(0\)\n/,
      closedByPeer:
        /^ConnectionLost\(ApplicationClosed\(ApplicationClose \{ error_code: 1013, reason: b"slow consumer" \}\)\)\n/,
      closedByUs: /^ConnectionLost\(LocallyClosed\)\n/,
      openAfterClosedByPeer:
        /^ApplicationClosed\(ApplicationClose \{ error_code: 1013, reason: b"slow consumer" \}\)\n/,
      openAfterClosedByUs: /^LocallyClosed\n/,
      wrongAlpnAccepting: /peer doesn't support any known protocol/,
    },
  };
}

function rayhanadevDialect(): Dialect {
  type Raw = Awaited<ReturnType<RayhanadevEndpoint["connect"]>>;
  return {
    accept: (endpoint) => (endpoint as RayhanadevEndpoint).accept(),
    connect: (endpoint, address, alpn = ALPN) =>
      (endpoint as RayhanadevEndpoint).connect(address, alpn),
    close: (connection, code, reason) =>
      (connection as Raw).close(code, reason),
    remoteId: (connection) => (connection as Raw).remoteNodeId(),
    bytes: (data) => data,
    code: Number,
    expected: {
      bytesClass: Buffer,
      refusedBytes: [1, 2, 3],
      refusal: {
        code: "InvalidArg",
        message: "Failed to get Buffer pointer and length",
      },
      readAtEnd: null,
      readExactAtEnd: /^stream finished early \(0 bytes read\)$/,
      closedByPeer: /^connection lost$/,
      closedByUs: /^connection lost$/,
      openAfterClosedByPeer: /^closed by peer: slow consumer \(code 1013\)$/,
      openAfterClosedByUs: /^closed$/,
      wrongAlpnAccepting: /peer doesn't support any known protocol$/,
    },
  };
}

const dialects = new Map<Binding, Dialect>([
  [number0, number0Dialect()],
  [rayhanadev, rayhanadevDialect()],
]);

interface Pair extends AsyncDisposable {
  hub: TestEndpoint;
  spoke: TestEndpoint;
  /** The connection at the hub, and at the spoke. */
  atHub: Connection;
  atSpoke: Connection;
}

async function connectPair(binding: Binding, d: Dialect): Promise<Pair> {
  const hub = await binding.createEndpoint();
  const spoke = await binding.createEndpoint();
  const [accepted, atSpoke] = await Promise.all([
    d.accept(hub.endpoint),
    d.connect(spoke.endpoint, hub.address),
  ]);
  assert(accepted !== null);
  return {
    hub,
    spoke,
    atHub: accepted,
    atSpoke,
    async [Symbol.asyncDispose]() {
      await Promise.all([hub.close(), spoke.close()]);
    },
  };
}

/** Opens a stream from the spoke; one byte has gone through it each way. */
async function openStream(d: Dialect, pair: Pair) {
  const one = d.bytes(Uint8Array.of(1));
  const atSpoke = await pair.atSpoke.openBi();
  await atSpoke.send.writeAll(one);
  const atHub = await pair.atHub.acceptBi();
  await atHub.recv.readExact(1);
  await atHub.send.writeAll(one);
  await atSpoke.recv.readExact(1);
  /** Resolves after everything asked for before had its chance to happen. */
  async function roundTrip() {
    await atSpoke.send.writeAll(one);
    await atHub.recv.readExact(1);
    await atHub.send.writeAll(one);
    await atSpoke.recv.readExact(1);
  }
  return { atSpoke, atHub, roundTrip };
}

/** Tells later whether a promise is still pending. */
function watch(promise: Promise<unknown>): () => boolean {
  let settled = false;
  const settle = () => void (settled = true);
  promise.then(settle, settle);
  return () => !settled;
}

function failure(message: RegExp) {
  return { name: "Error", code: "GenericFailure", message };
}

function testEach(
  what: string,
  fn: (binding: Binding, d: Dialect) => Promise<void>,
): void {
  for (const binding of bindings) {
    Deno.test({
      name: `${binding.name} ${what}`,
      ignore: binding.unavailable !== undefined,
      fn: () => fn(binding, dialects.get(binding)!),
    });
  }
}

testEach("tells both sides who the other is", async (binding, d) => {
  await using pair = await connectPair(binding, d);
  assert.equal(d.remoteId(pair.atHub), pair.spoke.nodeId);
  assert.equal(d.remoteId(pair.atSpoke), pair.hub.nodeId);
  for (const alpn of [pair.atHub.alpn(), pair.atSpoke.alpn()]) {
    assert(alpn instanceof d.expected.bytesClass);
    assert.equal(Buffer.from(alpn).toString(), ALPN);
  }
});

testEach("derives the node id from the secret key", async (binding) => {
  await using endpoint = await binding.createEndpoint({
    secretKey: new Uint8Array(32).fill(7),
  });
  assert.equal(
    endpoint.nodeId,
    "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
  );
});

testEach(
  "shows a stream to acceptBi only once something was written on it",
  async (binding, d) => {
    await using pair = await connectPair(binding, d);
    const { roundTrip } = await openStream(d, pair);
    const accepted = pair.atHub.acceptBi();
    const isPending = watch(accepted);
    // Held whole: a half that is collected as garbage tells the peer to stop,
    // and that shows it the stream.
    const opened = await pair.atSpoke.openBi();
    await roundTrip();
    assert(isPending());
    await opened.send.writeAll(d.bytes(Uint8Array.of(7)));
    assert.deepEqual([...await (await accepted).recv.readExact(1)], [7]);
  },
);

testEach(
  "takes and gives bytes in one form and refuses the other",
  async (binding, d) => {
    await using pair = await connectPair(binding, d);
    const { atSpoke, atHub } = await openStream(d, pair);
    const { bytesClass, refusedBytes, refusal } = d.expected;
    await assert.rejects(
      async () => await atSpoke.send.writeAll(refusedBytes),
      refusal,
    );
    // A view into a larger buffer, as a batch of frames would be.
    const view = Uint8Array.of(9, 1, 2, 3, 9).subarray(1, 4);
    await atSpoke.send.writeAll(d.bytes(new Uint8Array(0)));
    await atSpoke.send.writeAll(d.bytes(view));
    const received = await atHub.recv.read(100);
    assert(received instanceof bytesClass);
    assert.deepEqual([...received], [1, 2, 3]);
  },
);

testEach("gives chunks that later reads leave alone", async (binding, d) => {
  await using pair = await connectPair(binding, d);
  const { atSpoke, atHub } = await openStream(d, pair);
  await atSpoke.send.writeAll(d.bytes(Uint8Array.of(1, 2, 3, 4)));
  const first = await atHub.recv.readExact(2);
  const second = await atHub.recv.readExact(2);
  assert.deepEqual([[...first], [...second]], [[1, 2], [3, 4]]);
});

testEach(
  "read gives at most what was asked for and no less than there is",
  async (binding, d) => {
    await using pair = await connectPair(binding, d);
    const { atSpoke, atHub } = await openStream(d, pair);
    await atSpoke.send.writeAll(d.bytes(new Uint8Array(500)));
    const sizes = [];
    for (let left = 500; left > 0;) {
      const chunk = await atHub.recv.read(200);
      assert(chunk !== null && chunk.length > 0 && chunk.length <= 200);
      sizes.push(chunk.length);
      left -= chunk.length;
    }
    assert.deepEqual(sizes, [200, 200, 100]);
  },
);

testEach("says at the end of a stream that it ended", async (binding, d) => {
  await using pair = await connectPair(binding, d);
  const { atSpoke, atHub } = await openStream(d, pair);
  await atSpoke.send.writeAll(d.bytes(Uint8Array.of(5)));
  await atSpoke.send.finish();
  assert.deepEqual([...await atHub.recv.readExact(1)], [5]);
  assert.deepEqual(await atHub.recv.read(10), d.expected.readAtEnd);
  assert.deepEqual(await atHub.recv.read(10), d.expected.readAtEnd);
  await assert.rejects(
    () => atHub.recv.readExact(4),
    failure(d.expected.readExactAtEnd),
  );
  // The other direction lives on.
  await atHub.send.writeAll(d.bytes(Uint8Array.of(6)));
  assert.deepEqual([...await atSpoke.recv.readExact(1)], [6]);
});

testEach(
  "finish lets the peer read all that was written",
  async (binding, d) => {
    await using pair = await connectPair(binding, d);
    const { atSpoke, atHub } = await openStream(d, pair);
    const size = 300_000;
    async function drain() {
      let total = 0;
      for (;;) {
        const chunk = await atHub.recv.read(1 << 18);
        if (chunk === null || chunk.length === 0) return total;
        total += chunk.length;
      }
    }
    const drained = drain();
    await atSpoke.send.writeAll(d.bytes(new Uint8Array(size)));
    await atSpoke.send.finish();
    assert.equal(await drained, size);
  },
);

testEach(
  "closed tells the peer's code and reason, and our own close",
  async (binding, d) => {
    const cases: [code: number, reason: string, told: string][] = [
      [1013, "slow consumer", "closed by peer: slow consumer (code 1013)"],
      [1001, "", "closed by peer: 1001"],
      [0, "", "closed by peer: 0"],
      [1002, "über (code 7)", "closed by peer: über (code 7) (code 1002)"],
    ];
    for (const [code, reason, told] of cases) {
      await using pair = await connectPair(binding, d);
      const closed = [pair.atSpoke.closed(), pair.atHub.closed()];
      d.close(pair.atHub, code, reason);
      d.close(pair.atHub, 1000, "a second close changes nothing");
      assert.deepEqual(await Promise.all(closed), [told, "closed"]);
      assert.equal(await pair.atSpoke.closed(), told);
    }
  },
);

testEach(
  "rejects what is pending and what comes later when the peer closes",
  async (binding, d) => {
    await using pair = await connectPair(binding, d);
    const { atSpoke: { send, recv } } = await openStream(d, pair);
    const { closedByPeer, openAfterClosedByPeer } = d.expected;
    const pending = Promise.all([
      assert.rejects(recv.read(10), failure(closedByPeer)),
      assert.rejects(pair.atSpoke.acceptBi(), failure(openAfterClosedByPeer)),
    ]);
    d.close(pair.atHub, 1013, "slow consumer");
    await pending;
    const bytes = d.bytes(Uint8Array.of(1));
    await assert.rejects(() => recv.read(10), failure(closedByPeer));
    await assert.rejects(() => send.writeAll(bytes), failure(closedByPeer));
    await assert.rejects(
      () => pair.atSpoke.openBi(),
      failure(openAfterClosedByPeer),
    );
  },
);

testEach(
  "rejects what is pending and what comes later when we close",
  async (binding, d) => {
    await using pair = await connectPair(binding, d);
    const { atSpoke: { send, recv } } = await openStream(d, pair);
    const { closedByUs, openAfterClosedByUs } = d.expected;
    const pending = Promise.all([
      assert.rejects(recv.read(10), failure(closedByUs)),
      assert.rejects(pair.atSpoke.acceptBi(), failure(openAfterClosedByUs)),
    ]);
    d.close(pair.atSpoke, 1000, "bye");
    await pending;
    const bytes = d.bytes(Uint8Array.of(1));
    await assert.rejects(() => recv.read(10), failure(closedByUs));
    await assert.rejects(() => send.writeAll(bytes), failure(closedByUs));
    await assert.rejects(
      () => pair.atSpoke.openBi(),
      failure(openAfterClosedByUs),
    );
  },
);

testEach(
  "rejects a write that the peer does not read when it closes",
  async (binding, d) => {
    await using pair = await connectPair(binding, d);
    const { roundTrip } = await openStream(d, pair);
    // More than the peer's window: it stays pending for as long as nobody reads.
    const stuck = await pair.atSpoke.openBi();
    const write = stuck.send.writeAll(d.bytes(new Uint8Array(4 << 20)));
    const isPending = watch(write);
    await roundTrip();
    assert(isPending());
    const rejected = assert.rejects(write, failure(d.expected.closedByPeer));
    d.close(pair.atHub, 1013, "slow consumer");
    await rejected;
  },
);

testEach(
  "keeps readable what arrived before the peer closed",
  async (binding, d) => {
    await using pair = await connectPair(binding, d);
    const { atSpoke, atHub } = await openStream(d, pair);
    await atSpoke.send.writeAll(d.bytes(new Uint8Array(100)));
    await atHub.recv.readExact(10); // one packet, so the rest is here as well
    d.close(pair.atSpoke, 1000, "bye");
    await pair.atHub.closed();
    assert.equal((await atHub.recv.read(1000))?.length, 90);
    await assert.rejects(() => atHub.recv.read(1000));
  },
);

testEach(
  "stop does not cancel a pending read, close does",
  async (binding, d) => {
    await using pair = await connectPair(binding, d);
    const { roundTrip } = await openStream(d, pair);
    const { atHub: { recv } } = await openStream(d, pair);
    const read = recv.read(10);
    const isReadPending = watch(read);
    await roundTrip();
    const stopped = recv.stop(d.code(5)).catch(() => {});
    const isStopPending = watch(stopped);
    await roundTrip();
    assert.deepEqual([isReadPending(), isStopPending()], [true, true]);
    const rejected = assert.rejects(read, failure(d.expected.closedByUs));
    d.close(pair.atHub, 1000, "bye");
    await rejected;
    await stopped;
  },
);

testEach(
  "refuses a wrong ALPN on both sides and goes on accepting",
  async (binding, d) => {
    await using hub = await binding.createEndpoint();
    await using spoke = await binding.createEndpoint();
    const wrong = /peer doesn't support any known protocol/;
    await Promise.all([
      assert.rejects(
        d.accept(hub.endpoint),
        failure(d.expected.wrongAlpnAccepting),
      ),
      assert.rejects(
        d.connect(spoke.endpoint, hub.address, "other/1"),
        failure(wrong),
      ),
    ]);
    const [connection] = await Promise.all([
      d.accept(hub.endpoint),
      d.connect(spoke.endpoint, hub.address),
    ]);
    assert.equal(d.remoteId(connection!), spoke.nodeId);
  },
);

testEach("serves several accepts at once", async (binding, d) => {
  await using hub = await binding.createEndpoint();
  const accepts = [1, 2, 3].map(() => d.accept(hub.endpoint));
  await using a = await binding.createEndpoint();
  await using b = await binding.createEndpoint();
  // The same peer twice: both connections live.
  const dialled = await Promise.all(
    [a, b, b].map((spoke) => d.connect(spoke.endpoint, hub.address)),
  );
  const accepted = await Promise.all(accepts);
  assert.deepEqual(
    accepted.map((connection) => d.remoteId(connection!)).sort(),
    [a, b, b].map((spoke) => spoke.nodeId).sort(),
  );
  const closed = dialled.map((connection) => connection.closed());
  for (const connection of accepted) d.close(connection!, 1000, "bye");
  for (const told of await Promise.all(closed)) {
    assert.equal(told, "closed by peer: bye (code 1000)");
  }
});

testEach("holds a connect until somebody accepts", async (binding, d) => {
  await using pair = await connectPair(binding, d);
  const { roundTrip } = await openStream(d, pair);
  const dialled = d.connect(pair.spoke.endpoint, pair.hub.address);
  const isPending = watch(dialled);
  await roundTrip();
  assert(isPending());
  assert(await d.accept(pair.hub.endpoint) !== null);
  await dialled;
});

testEach(
  "closing an endpoint ends its accepts and its connections",
  async (binding, d) => {
    await using pair = await connectPair(binding, d);
    const { atSpoke: { recv } } = await openStream(d, pair);
    const accepts = [d.accept(pair.hub.endpoint), d.accept(pair.hub.endpoint)];
    const closed = Promise.all([pair.atSpoke.closed(), pair.atHub.closed()]);
    const rejected = assert.rejects(recv.read(10), { code: "GenericFailure" });
    await pair.hub.close();
    assert.deepEqual(await Promise.all(accepts), [null, null]);
    assert.equal(await d.accept(pair.hub.endpoint), null);
    assert.deepEqual(await closed, ["closed by peer: 0", "closed"]);
    await rejected;
    await pair.hub.close(); // a second one is harmless
  },
);

testEach("refuses to dial from a closed endpoint", async (binding, d) => {
  await using hub = await binding.createEndpoint();
  const spoke = await binding.createEndpoint();
  await spoke.close();
  await assert.rejects(
    () => d.connect(spoke.endpoint, hub.address),
    failure(/Endpoint is closed|^Unable to connect to remote$/),
  );
});

testEach("refuses to dial itself", async (binding, d) => {
  await using hub = await binding.createEndpoint();
  await assert.rejects(
    () => d.connect(hub.endpoint, hub.address),
    failure(/Connecting to ourself is not supported/),
  );
});

Deno.test({
  name: "@number0/iroh copies what is written before writeAll returns",
  ignore: number0.unavailable !== undefined,
  async fn() {
    const d = dialects.get(number0)!;
    await using pair = await connectPair(number0, d);
    const { atSpoke, atHub } = await openStream(d, pair);
    const bytes = new Array<number>(1000).fill(1);
    const written = atSpoke.send.writeAll(bytes);
    bytes.fill(2);
    await written;
    const received = await atHub.recv.readExact(1000);
    assert.deepEqual([...new Set(received)], [1]);
  },
});

Deno.test({
  name: "@number0/iroh lets its classes be reached from an endpoint",
  ignore: number0.unavailable !== undefined,
  async fn() {
    await using hub = await number0.createEndpoint();
    const { endpoint, nodeId } = hub;
    const EndpointId = endpoint.id().constructor as typeof Number0.EndpointId;
    const EndpointAddr = endpoint.addr()
      .constructor as typeof Number0.EndpointAddr;
    const id = EndpointId.fromString(nodeId);
    const addresses = endpoint.addr().directAddresses();
    const addr = new EndpointAddr(id, undefined, addresses);
    assert.equal(addr.toString(), endpoint.addr().toString());
    assert.throws(
      () => EndpointId.fromString(nodeId.toUpperCase()),
      failure(/^failed to decode hex string/),
    );
  },
});

Deno.test({
  name: "@rayhanadev/iroh finds an identity that came back on another port",
  ignore: rayhanadev.unavailable !== undefined,
  async fn() {
    const d = dialects.get(rayhanadev)!;
    const secretKey = crypto.getRandomValues(new Uint8Array(32));
    const first = await rayhanadev.createEndpoint({ secretKey });
    await first.close();
    await using hub = await rayhanadev.createEndpoint({ secretKey });
    assert.equal(hub.nodeId, first.nodeId);
    await using spoke = await rayhanadev.createEndpoint();
    const [connection] = await Promise.all([
      d.accept(hub.endpoint),
      d.connect(spoke.endpoint, hub.address),
    ]);
    assert.equal(d.remoteId(connection!), spoke.nodeId);
  },
});
