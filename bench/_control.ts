/**
 * What measurements ask of a bare binding: frames in one direction, written and
 * read in one of several ways, and an echo.
 */

import { FrameEncoder } from "../framing.ts";
import { messageEvent } from "./_events.ts";
import type { Bytes, Raw, RawConnection, RawStream } from "./_raw.ts";

const READ_BYTES = 256 * 1024;

/** How the receiver reads. */
export const ECHO = 0;
export const PER_FRAME = 1; // readExact(4), readExact(n)
export const LARGE = 2; // read(256 KiB)

/** Serves the streams of a connection until it ends. */
export async function serve(raw: Raw, connection: RawConnection) {
  for (;;) {
    const stream = await connection.acceptBi().catch(() => undefined);
    if (stream === undefined) return;
    serveStream(raw, stream).catch(() => {}); // Its connection ended.
  }
}

/**
 * A stream begins with how to read and how much: frames or bytes. After so many
 * comes one byte back, and the same again.
 */
async function serveStream(raw: Raw, { send, recv }: RawStream) {
  const [how, count] = words(await recv.readExact(8));
  for (;;) {
    if (how === ECHO) {
      await send.writeAll((await recv.read(READ_BYTES))!);
      continue;
    }
    if (how === PER_FRAME) {
      for (let i = 0; i < count!; i++) {
        const [length] = words(await recv.readExact(4));
        await recv.readExact(length!);
      }
    } else {
      for (let left = count!; left > 0;) {
        left -= (await recv.read(READ_BYTES))!.length;
      }
    }
    await send.writeAll(raw.bytes(new Uint8Array(1)));
  }
}

/** Opens a stream of that kind. */
export async function openStream(
  raw: Raw,
  connection: RawConnection,
  how: number,
  count = 0,
): Promise<RawStream> {
  const stream = await connection.openBi();
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, how);
  view.setUint32(4, count);
  await stream.send.writeAll(raw.bytes(new Uint8Array(view.buffer)));
  return stream;
}

/**
 * Sends, each in a call of its own, and waits until all was read.
 *
 * @param barrier After how many a byte comes back; the one before the last must
 * have come before it sends on.
 */
export async function sendAll(
  raw: Raw,
  { send, recv }: RawStream,
  batches: Uint8Array[],
  barrier: number = batches.length,
): Promise<void> {
  let read: Promise<unknown> = Promise.resolve();
  for (let i = 0; i < batches.length; i++) {
    await send.writeAll(raw.bytes(batches[i]!));
    if (i % barrier !== barrier - 1) continue;
    await read;
    read = recv.readExact(1);
  }
  await read;
}

/** `n` different frames, `perBatch` in one piece of memory. */
export function batchesOf(n: number, perBatch: number): Uint8Array[] {
  const batches = [];
  const encoder = new FrameEncoder();
  for (let i = 0; i < n;) {
    for (const end = Math.min(n, i + perBatch); i < end; i++) {
      encoder.add(messageEvent(i).detail);
    }
    batches.push(encoder.bytes.slice());
    encoder.clear(Infinity);
  }
  return batches;
}

export function sizeOf(batches: Uint8Array[]): number {
  return batches.reduce((sum, { length }) => sum + length, 0);
}

function words(bytes: Bytes): number[] {
  const view = new DataView(Uint8Array.from(bytes).buffer);
  return Array.from(
    { length: bytes.length / 4 },
    (_, i) => view.getUint32(i * 4),
  );
}
