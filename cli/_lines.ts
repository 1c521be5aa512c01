// The lines of standard input.

import { Buffer } from "node:buffer";
import { fstatSync } from "node:fs";
import process from "node:process";
import { Failure } from "./_failure.ts";
import { untilAborted } from "./_until.ts";

/** A line, counted from 1. */
export interface InputLine {
  readonly number: number;
  readonly text: string;
  /** Bytes of input up to its end. */
  readonly position: number;
}

/** Bytes: a line that is longer would fill the memory before it is refused. */
const MAX_LENGTH = 64 * 1024 * 1024;

const NEWLINE = 10;

/**
 * The lines of standard input as they come, without empty ones; until the signal
 * aborts.
 *
 * @throws {Failure} For a line that is too long, or not UTF-8.
 */
export async function* inputLines(
  signal: AbortSignal,
): AsyncGenerator<InputLine> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  let position = 0;
  const line = (end: Uint8Array): InputLine | undefined => {
    const bytes = rest.length === 0 ? end : Buffer.concat([...rest, end]);
    rest = [];
    length = 0;
    number++;
    position += bytes.length + 1;
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch (cause) {
      throw new Failure(`line ${number} of standard input is not UTF-8`, {
        cause,
      });
    }
    if (number === 1) text = text.replace(/^\ufeff/, "");
    text = text.replace(/\r$/, "");
    return text.trim() === "" ? undefined : { number, text, position };
  };
  for await (const chunk of chunks(signal)) {
    let start = 0;
    for (
      let end = chunk.indexOf(NEWLINE);
      end >= 0;
      end = chunk.indexOf(NEWLINE, start)
    ) {
      const one = line(chunk.subarray(start, end));
      start = end + 1;
      if (one) yield one;
    }
    if (start === chunk.length) continue;
    rest.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > MAX_LENGTH) {
      throw new Failure(
        `cannot read line ${
          number + 1
        } of standard input: it is over ${MAX_LENGTH} bytes`,
      );
    }
  }
  if (signal.aborted || rest.length === 0) return;
  const last = line(new Uint8Array());
  if (last) yield last;
}

/** The bytes in all, where standard input is a file. */
export function inputBytes(): number | undefined {
  try {
    const stat = fstatSync(0);
    return stat.isFile() ? stat.size : undefined;
  } catch {
    return undefined; // There is none.
  }
}

/** Until the signal aborts: a terminal, or a pipe, may have nothing more to say. */
async function* chunks(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const iterator = process.stdin[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = iterator.next();
      await untilAborted(signal, next);
      if (signal.aborted) return;
      const { done, value } = await next;
      if (done) return;
      yield typeof value === "string" ? Buffer.from(value) : value;
    }
  } finally {
    // Not waited for: Deno does not break off what it reads of a pipe.
    iterator.return?.().catch(() => {});
  }
}
