// The bare binding, with as little as a relay can be on top of it: the limit.
// A client writes frames, as many at once as wait; the server writes the chunks
// that it reads, and does not look into them.

import { FrameEncoder } from "../../framing.ts";
import { FrameSplitter } from "../../_frame_splitter.ts";
import type { EventEnvelope } from "../../mod.ts";
import { bindings, type RawEndpoint } from "../../tests/_iroh.ts";
import { ChunkTexts, decodeText } from "../../_text.ts";
import {
  RAW_ALPN,
  type RawConnection,
  rawOf,
  type RawStream,
} from "../_raw.ts";
import { BACKLOG_BYTES, type Client, type System } from "./_system.ts";

const BINDING = "@rayhanadev/iroh";
const READ_BYTES = 256 * 1024;

/** What a stream is for: its first byte. */
const PUBLISH = 0;
const SUBSCRIBE = 1;
const BARRIER = 2;

const raw = rawOf(BINDING);
const binding = bindings.find(({ name }) => name === BINDING)!;

export const rawIroh: System = {
  name: "raw binding (@rayhanadev)",
  unavailable: () => raw.unavailable,
  async serve() {
    const end = await binding.createEndpoint({ alpns: [RAW_ALPN] });
    void new Relay().serve(end.endpoint);
    return { address: end.address, [Symbol.asyncDispose]: () => end.close() };
  },
  async connect(address) {
    const end = await binding.createEndpoint({ alpns: [RAW_ALPN] });
    const connection = await raw.connect(end.endpoint, address);
    return new RawClient(connection, () => end.close());
  },
};

/** One publisher, any number of subscribers. */
class Relay {
  readonly #subscribers: RawStream[] = [];
  #forwarded = 0;
  /** Up to where it has to come before the next word back. */
  readonly #barriers: number[] = [];
  #publisher: RawStream | undefined;

  async serve(endpoint: RawEndpoint): Promise<void> {
    for (;;) {
      const connection = await raw.accept(endpoint).catch(() => undefined);
      if (connection === undefined) return; // The endpoint is closed.
      void this.#serveConnection(connection);
    }
  }

  async #serveConnection(connection: RawConnection): Promise<void> {
    try {
      for (;;) {
        const stream = await connection.acceptBi();
        this.#serveStream(stream).catch(() => {}); // It ended, as this will.
      }
    } catch {
      // The client has left.
    }
  }

  async #serveStream(stream: RawStream): Promise<void> {
    const [kind] = await stream.recv.readExact(1);
    if (kind === PUBLISH) return await this.#forward(stream);
    if (kind === SUBSCRIBE) {
      this.#subscribers.push(stream);
      await stream.send.writeAll(raw.bytes(new Uint8Array(1)));
      return;
    }
    this.#publisher = stream;
    for (;;) {
      const { buffer } = Uint8Array.from(await stream.recv.readExact(8));
      this.#barriers.push(Number(new DataView(buffer).getBigUint64(0)));
      this.#passBarriers();
    }
  }

  async #forward({ recv }: RawStream): Promise<void> {
    let written: Promise<unknown> = Promise.resolve();
    for (;;) {
      const chunk = await recv.read(READ_BYTES);
      if (chunk === null) return;
      await written;
      written = Promise.all(
        this.#subscribers.map(({ send }) => send.writeAll(chunk)),
      );
      this.#forwarded += chunk.length;
      this.#passBarriers();
    }
  }

  /** Says of each barrier that everything before it is on its way. */
  #passBarriers(): void {
    while (this.#forwarded >= this.#barriers[0]!) {
      this.#barriers.shift();
      void this.#publisher?.send.writeAll(raw.bytes(new Uint8Array(1)));
    }
  }
}

class RawClient implements Client {
  readonly #connection: RawConnection;
  readonly #onClosed: () => Promise<void>;
  #publishing: Promise<RawStream> | undefined;
  #barriers: Promise<RawStream> | undefined;
  #queued = new FrameEncoder();
  #batch = new FrameEncoder();
  #published = 0;
  #isWriting = false;

  constructor(connection: RawConnection, onClosed: () => Promise<void>) {
    this.#connection = connection;
    this.#onClosed = onClosed;
  }

  publish(envelope: EventEnvelope): void {
    const before = this.#queued.length;
    this.#queued.add(envelope);
    this.#published += this.#queued.length - before;
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => void this.#write());
  }

  async subscribe(
    topic: string,
    onEvent: (envelope: EventEnvelope) => void,
  ): Promise<void> {
    const stream = await this.#open(SUBSCRIBE);
    await stream.recv.readExact(1);
    void this.#read(stream, topic, onEvent).catch(() => {}); // Closed.
  }

  async barrier(): Promise<void> {
    const at = new DataView(new ArrayBuffer(8));
    at.setBigUint64(0, BigInt(this.#published));
    const { send, recv } = await (this.#barriers ??= this.#open(BARRIER));
    await send.writeAll(raw.bytes(new Uint8Array(at.buffer)));
    await recv.readExact(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    raw.close(this.#connection, 0, "");
    await this.#onClosed();
  }

  async #open(kind: number): Promise<RawStream> {
    const stream = await this.#connection.openBi();
    await stream.send.writeAll(raw.bytes(Uint8Array.of(kind)));
    return stream;
  }

  async #write(): Promise<void> {
    const { send } = await (this.#publishing ??= this.#open(PUBLISH));
    while (this.#queued.length > 0) {
      [this.#batch, this.#queued] = [this.#queued, this.#batch];
      await send.writeAll(raw.bytes(this.#batch.bytes));
      this.#batch.clear(BACKLOG_BYTES);
    }
    this.#isWriting = false;
  }

  async #read(
    { recv }: RawStream,
    topic: string,
    onEvent: (envelope: EventEnvelope) => void,
  ): Promise<void> {
    const splitter = new FrameSplitter();
    for (;;) {
      const chunk = await recv.read(READ_BYTES);
      if (chunk === null) return;
      const batch = splitter.split(chunk as Uint8Array);
      const texts = new ChunkTexts(batch);
      for (let i = 0, { length } = batch; i < length; i++) {
        // What is long, or invalid alone, is not decoded with the others.
        const text = texts.at(i) ?? decodeText(batch.at(i));
        const envelope: EventEnvelope = JSON.parse(text);
        if (envelope.type === topic) onEvent(envelope);
      }
    }
  }
}
