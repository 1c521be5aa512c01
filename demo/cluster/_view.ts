// What the person in front of the demo sees: on a terminal one screen that is
// drawn again and again, elsewhere a line for each thing that happens.

import { clock, paint, say, type Style } from "../_screen.ts";
import type { Cluster } from "./_cluster.ts";
import { frame } from "./_frame.ts";

/** Milliseconds between two pictures. */
const DRAW_INTERVAL = 100;

/** Without a terminal, or when it is gone. */
const PLAIN_SIZE = { columns: 80, rows: 24 };

/** Before the text of a line: the time, and who. */
const MARGIN = 19;

const isLive = Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";

// Control sequences of xterm, which the terminals of today share.
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"; // other screen, no cursor, no wrap
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
const BEGIN = "\x1b[?2026h\x1b[H"; // shown at once, where that is known
const END = "\x1b[J\x1b[?2026l";

/** Shows a cluster and its story. */
export class View {
  /** What the phase is called. */
  phase = "starting";
  readonly #lines: string[] = [];
  #cluster: Cluster | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Draws from now on, on a terminal. */
  open(cluster: Cluster): void {
    this.#cluster = cluster;
    if (!isLive) return;
    write(ENTER);
    this.#timer = setInterval(() => this.#draw(), DRAW_INTERVAL);
  }

  /** Leaves the lines of the story on the screen. */
  close(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    write(LEAVE);
    for (const line of this.#lines) say(line);
  }

  /** The title of a part of the story. */
  heading(text: string): void {
    this.#add("", paint("bold", text), "");
  }

  /** A line by or about a process or a spoke, at its time. */
  note(style: Style, who: string, text: string, tone?: Style): void {
    const name = paint(style, who.padEnd(9));
    const [first = "", ...others] = wrap(text, size().columns - MARGIN);
    this.#add(
      `${clock()}  ${name}  ${paint(tone, first)}`,
      ...others.map((line) => " ".repeat(MARGIN) + paint(tone, line)),
    );
  }

  #add(...lines: string[]): void {
    this.#lines.push(...lines);
    if (!isLive) lines.forEach((line) => say(line));
  }

  #draw(): void {
    const { columns, rows } = size();
    const top = frame(this.#cluster!, this.phase, Math.min(columns, 120));
    const story = this.#lines.filter((line) => line !== "");
    const room = Math.max(0, rows - top.length);
    const lines = [...top, ...(room > 0 ? story.slice(-room) : [])];
    const picture = lines.slice(0, rows).map((line) => `${line}\x1b[K`);
    write(BEGIN + picture.join("\r\n") + END);
  }
}

/** Lines of whole words. */
function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}

function size(): { columns: number; rows: number } {
  try {
    const known = Deno.consoleSize();
    return isLive && known.columns > 0 ? known : PLAIN_SIZE;
  } catch {
    return PLAIN_SIZE;
  }
}

function write(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) {
      at += Deno.stdout.writeSync(bytes.subarray(at));
    }
  } catch {
    // The terminal is gone, and ends the demo next.
  }
}
