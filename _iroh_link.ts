// A link over one QUIC connection with one bidirectional stream on it:
//
//   stream.read → FrameSplitter → handlers
//   send → outbox → one stream.write in flight

import type { QuicConnection, QuicStream } from "./_iroh_binding.ts";
import { ChunkTexts } from "./_text.ts";
import { FrameSplitter } from "./_frame_splitter.ts";
import {
  closeReason,
  type HubLink,
  type LinkClosed,
  type LinkHandlers,
} from "./_link.ts";
import { deferred, within } from "./_deferred.ts";
import { Outbox } from "./_outbox.ts";
import { Traffic } from "./_traffic.ts";
import { CloseCode, FrameError } from "./errors.ts";

/** A link over iroh. */
export class IrohLink implements HubLink<Uint8Array> {
  readonly traffic = new Traffic();
  readonly #connection: QuicConnection;
  readonly #stream: QuicStream;
  readonly #maxFrameBytes: number;
  readonly #outbox: Outbox;
  readonly #closed = deferred<LinkClosed>();
  #isClosed = false;

  constructor(
    connection: QuicConnection,
    stream: QuicStream,
    maxFrameBytes: number,
  ) {
    this.#connection = connection;
    this.#stream = stream;
    this.#maxFrameBytes = maxFrameBytes;
    this.#outbox = new Outbox(
      maxFrameBytes,
      stream,
      (error) => this.#onBroken(error),
    );
    void connection.closed().then(({ code, reason }) =>
      this.#end({ code, reason, byPeer: code !== undefined })
    );
  }

  get remoteId(): string {
    return this.#connection.remoteId;
  }

  get bufferedBytes(): number {
    return this.#outbox.bufferedBytes;
  }

  hasRoom(bytes: number, limit: number): boolean {
    return this.bufferedBytes + bytes <= limit;
  }

  get takenBytes(): number {
    return this.#outbox.takenBytes;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get closed(): Promise<LinkClosed> {
    return this.#closed.promise;
  }

  open(handlers: LinkHandlers<Uint8Array>): void {
    void this.#receive(handlers);
  }

  send(message: Uint8Array): void {
    if (!this.#isClosed) this.#outbox.push(message);
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.#connection.close(code, closeReason(reason));
    this.#end({ code, reason, byPeer: false });
  }

  unsent(): Uint8Array[] {
    return this.#outbox.unsent();
  }

  async #receive(handlers: LinkHandlers<Uint8Array>): Promise<void> {
    const splitter = new FrameSplitter({ maxFrameBytes: this.#maxFrameBytes });
    try {
      // What was queued for the peer meanwhile is written before the next read:
      // any call into a binding takes its time.
      while (await this.#receiveChunk(splitter, handlers));
    } catch (error) {
      if (error instanceof FrameError) handlers.onFault(error);
      else this.#onBroken(error);
    }
  }

  /**
   * A call for each chunk: a loop would hold on to the one before, half a
   * megabyte with its texts, for as long as it waits.
   *
   * @returns Whether there may be another one.
   */
  async #receiveChunk(
    splitter: FrameSplitter,
    handlers: LinkHandlers<Uint8Array>,
  ): Promise<boolean> {
    const chunk = await this.#stream.read();
    if (chunk === undefined) {
      splitter.end();
      this.close(CloseCode.NORMAL, "end of stream");
      return false;
    }
    handlers.onBytes();
    const batch = splitter.split(chunk);
    const texts = new ChunkTexts(batch);
    for (let i = 0, { length } = batch; i < length; i++) {
      const pending = handlers.onMessage(batch.at(i), texts.at(i));
      if (pending) await pending;
      if (this.#isClosed) return false;
    }
    if (batch.fault !== undefined) throw batch.fault;
    return true;
  }

  #onBroken(error: unknown): void {
    if (this.#isClosed) return;
    void whyBroken(this.#connection, error).then((closed) => this.#end(closed));
  }

  #end(closed: LinkClosed): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#outbox.stop();
    this.#closed.resolve(closed);
  }
}

/**
 * Why a connection ended on which a call failed. A stream that broke alone takes
 * its connection along.
 */
export async function whyBroken(
  connection: QuicConnection,
  error: unknown,
): Promise<LinkClosed> {
  // Asked first: closing would put our own reason in the place of the peer's.
  const { code, reason } = await within(connection.closed(), 1000, () => {
    connection.close(CloseCode.GOING_AWAY, "stream broken");
    return connection.closed();
  });
  if (code !== undefined) return { code, reason, byPeer: true };
  const message = error instanceof Error ? error.message : String(error);
  return { code, reason: message, byPeer: false, error };
}
