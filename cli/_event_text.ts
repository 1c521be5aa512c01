// An event as people read it.

import { inLine } from "../_options.ts";
import type { EventEnvelope } from "../envelope.ts";
import { colouredJson, jsonText } from "./_json_text.ts";
import type { Style } from "./_style.ts";

/** What goes with an event that is shown. */
export interface EventTextOptions {
  readonly style: Style;
  readonly columns: number;
  /** Its number, counted from 1. */
  readonly number: number;
  readonly at: Date;
}

/**
 * Number, time, type, id, and the payload beside it where that fits, else below,
 * indented.
 */
export function eventText(
  { type, id, payload }: EventEnvelope,
  { style, columns, number, at }: EventTextOptions,
): string {
  const count = `#${number}`.padEnd(4);
  const time = timeText(at);
  const name = inLine(type, MAX_NAME);
  const scope = id === "" ? "" : `:${inLine(id, MAX_NAME)}`;
  const head = [
    style.paint(`${count} ${time}`, "dim"),
    style.paint(name, "bold") + style.paint(scope, "magenta"),
  ].join("  ");
  const taken = count.length + 1 + time.length + 2 + name.length + scope.length;
  const line = jsonText(payload);
  if (taken + 2 + line.length <= columns) {
    return `${head}  ${colouredJson(line, style)}`;
  }
  const isShort = INDENT.length + line.length <= columns;
  const body = colouredJson(isShort ? line : jsonText(payload, 2), style);
  return `${head}\n${body.replace(/^/gm, INDENT)}`;
}

const INDENT = "     ";

const MAX_NAME = 200;

/** `12:34:56.789`, where the terminal is. */
function timeText(at: Date): string {
  const two = (part: number) => String(part).padStart(2, "0");
  const ms = String(at.getMilliseconds()).padStart(3, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${
    two(at.getSeconds())
  }.${ms}`;
}
