// A peer that speaks on the binding itself, to say what no spoke of ours would,
// and to see the bytes as they are.

import { FrameDecoder } from "../framing.ts";
import type {
  IrohConnection,
  IrohEndpointAddr,
  IrohHubAddress,
  IrohStream,
  Number0IrohEndpoint,
} from "../_iroh_types.ts";
import type {
  Number0Endpoint,
  RawEndpoint,
  RayhanadevEndpoint,
} from "./_iroh.ts";
import { decodeIrohTicket } from "../_iroh_ticket.ts";
import { announce } from "./_iroh.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const isNumber0 = (endpoint: RawEndpoint): endpoint is Number0Endpoint =>
  "acceptNext" in endpoint;

/** Dials without opening a stream. */
export function rawConnect(
  endpoint: RawEndpoint,
  address: IrohHubAddress,
  alpn = "alkpubsub/1",
): Promise<IrohConnection> {
  if (!isNumber0(endpoint)) return endpoint.connect(String(address), alpn);
  const { id, addresses } = decodeIrohTicket(String(address));
  return (endpoint as Number0IrohEndpoint).connect(
    number0Addr(endpoint, id, addresses),
    [...encoder.encode(alpn)],
  );
}

/** An `EndpointAddr` of `@number0/iroh`. */
function number0Addr(
  endpoint: Number0Endpoint,
  nodeId: string,
  addresses: string[],
): IrohEndpointAddr {
  const { constructor: EndpointAddr } = endpoint.addr();
  const { constructor: EndpointId } = endpoint.id();
  return Reflect.construct(EndpointAddr, [
    Reflect.get(EndpointId, "fromString").call(EndpointId, nodeId),
    undefined,
    addresses,
  ]);
}

/** What to dial for a hub that is met at some port of this machine. */
export async function addressAt(
  endpoint: RawEndpoint,
  nodeId: string,
  port: number,
): Promise<IrohHubAddress> {
  if (isNumber0(endpoint)) {
    return number0Addr(endpoint, nodeId, [`127.0.0.1:${port}`]);
  }
  await announce(nodeId, port);
  return nodeId;
}

/** Accepts a connection without accepting a stream. */
export async function rawAccept(
  endpoint: RawEndpoint,
): Promise<IrohConnection> {
  if (!isNumber0(endpoint)) {
    return (await (endpoint as RayhanadevEndpoint).accept())!;
  }
  const incoming = await endpoint.acceptNext();
  return await (await incoming!.accept()).connect();
}

/** One stream of raw frames. */
export class RawPeer {
  readonly connection: IrohConnection;
  readonly #stream: IrohStream;
  readonly #takesNumbers: boolean;
  readonly #frames = new FrameDecoder({ maxFrameBytes: 2 ** 32 - 1 });
  readonly #unread: Uint8Array[] = [];

  constructor(
    endpoint: RawEndpoint,
    connection: IrohConnection,
    stream: IrohStream,
  ) {
    this.connection = connection;
    this.#stream = stream;
    this.#takesNumbers = isNumber0(endpoint);
  }

  /** A client of a hub. */
  static async connect(
    endpoint: RawEndpoint,
    address: string,
    alpn?: string,
  ): Promise<RawPeer> {
    const connection = await rawConnect(endpoint, address, alpn);
    return new RawPeer(endpoint, connection, await connection.openBi());
  }

  /** A hub for one spoke. */
  static async accept(endpoint: RawEndpoint): Promise<RawPeer> {
    const connection = await rawAccept(endpoint);
    return new RawPeer(endpoint, connection, await connection.acceptBi());
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#stream.send.writeAll(this.#takesNumbers ? [...bytes] : bytes);
  }

  /** Sends one frame that holds a text, whatever it is. */
  async send(text: string): Promise<void> {
    await this.write(frameOf(encoder.encode(text)));
  }

  /** Ends the sending half of the stream. */
  async finish(): Promise<void> {
    const send: unknown = this.#stream.send;
    await (send as { finish(): Promise<void> }).finish();
  }

  /** The next frame; `undefined` at the end of the stream. */
  async nextFrame(): Promise<Uint8Array | undefined> {
    while (this.#unread.length === 0) {
      const chunk = await this.#stream.recv.read(65536);
      if (chunk === null || chunk.length === 0) return undefined;
      this.#unread.push(...this.#frames.push(Uint8Array.from(chunk)));
    }
    return this.#unread.shift();
  }

  /** The text of the next frame; `undefined` at the end of the stream. */
  async next(): Promise<string | undefined> {
    const frame = await this.nextFrame();
    return frame && decoder.decode(frame);
  }

  /** The text of the next frame that holds a word; pings are answered. */
  async nextWith(word: string): Promise<string> {
    for (;;) {
      const text = await this.next();
      if (text === undefined) throw new Error(`No frame with ${word} came`);
      const { type, id } = JSON.parse(text);
      if (type === "__ping") {
        await this.send(JSON.stringify({ type: "__pong", id, payload: null }));
      }
      if (text.includes(word)) return text;
    }
  }

  /** Resolves once the other side has worked off all that was sent. */
  async flush(): Promise<void> {
    const id = crypto.randomUUID();
    await this.send(JSON.stringify({ type: "__ping", id, payload: null }));
    await this.nextWith(id);
  }

  /** The code and reason the other side closed with. */
  closed(): Promise<string> {
    return this.connection.closed();
  }

  close(code = 1000): void {
    if (this.#takesNumbers) this.connection.close(BigInt(code), []);
    else this.connection.close(code, "");
  }
}

/** Prefix and content. */
export function frameOf(content: Uint8Array, length = content.length) {
  const frame = new Uint8Array(4 + content.length);
  new DataView(frame.buffer).setUint32(0, length);
  frame.set(content, 4);
  return frame;
}
