// The lines of standard input.

import process from "node:process";
import { fstatSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { utf8Length } from "../_utf8_length.ts";
import { Failure } from "./_failure.ts";

/** A line, counted from 1. */
export interface InputLine {
  readonly number: number;
  readonly text: string;
  /** Bytes of input up to its end, about. */
  readonly position: number;
}

/** A line that is longer would fill the memory before it is refused. */
const MAX_LENGTH = 64 * 1024 * 1024;

/** The lines of standard input as they come, without empty ones. */
export async function* inputLines(
  signal: AbortSignal,
): AsyncGenerator<InputLine> {
  const decoder = new StringDecoder("utf8");
  let rest: string[] = [];
  let length = 0;
  let number = 0;
  let position = 0;
  const line = (text: string): InputLine | undefined => {
    number++;
    position += utf8Length(text) + 1;
    if (number === 1) text = text.replace(/^\ufeff/, "");
    text = text.replace(/\r$/, "");
    return text.trim() === "" ? undefined : { number, text, position };
  };
  for await (const chunk of chunks(signal)) {
    const parts = decoder.write(chunk).split("\n");
    for (const part of parts.slice(0, -1)) {
      const one = line([...rest, part].join(""));
      rest = [];
      length = 0;
      if (one) yield one;
    }
    rest.push(parts.at(-1)!);
    length += parts.at(-1)!.length;
    if (length > MAX_LENGTH) {
      throw new Failure(
        `cannot read line ${
          number + 1
        } of standard input: it is over ${MAX_LENGTH} characters`,
      );
    }
  }
  const last = line([...rest, decoder.end()].join(""));
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

/** Until the signal aborts: a terminal may have nothing more to say. */
async function* chunks(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (signal.aborted) return;
  const { stdin } = process;
  const onAbort = () => stdin.destroy();
  signal.addEventListener("abort", onAbort);
  try {
    for await (const chunk of stdin) {
      yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
