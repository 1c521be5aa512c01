// What a terminal shows: lines from the chat above the line being typed.

import process from "node:process";
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  moveCursor,
} from "node:readline";
import { styleText } from "node:util";
import type { Message, Person } from "./events.ts";

const COLORS = ["cyan", "green", "yellow", "magenta", "blue"] as const;

/** A terminal; or pipes, which get the same lines as they are. */
export class Screen {
  readonly #isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  readonly #input = createInterface({
    input: process.stdin,
    output: this.#isTerminal ? process.stdout : undefined,
  });
  /** Collected from now on: somebody may type while there is no connection. */
  readonly #lines = this.#input[Symbol.asyncIterator]();
  /** By id: a message is told of again when the server has it. */
  #messages = new Set<string>();
  #people = "";

  /** The lines that are typed, until there are no more. */
  async *lines(): AsyncGenerator<string, void> {
    this.#prompt();
    for await (const line of this.#lines) {
      yield line;
      this.#prompt();
    }
  }

  /** Begins anew, for another room. */
  clear(): void {
    this.#messages = new Set();
    this.#people = "";
  }

  /** @param isSaid It was typed right now, which a terminal shows by itself. */
  message({ id, from, text, at }: Message, isSaid: boolean): void {
    if (this.#messages.has(id)) return;
    this.#messages.add(id);
    if (isSaid && this.#isTerminal) return;
    const time = new Date(at).toTimeString().slice(0, 5);
    const lines = text.replaceAll("\n", "\n      ");
    this.#print(`${this.#style("dim", time)} ${this.#nameOf(from)}: ${lines}`);
  }

  people(people: readonly Person[]): void {
    const names = people.map((one) => this.#nameOf(one)).join(", ");
    if (names === this.#people) return;
    this.#people = names;
    this.note(`Here: ${names}`);
  }

  /** Something that nobody said. */
  note(text: string): void {
    this.#print(`${this.#style("dim", "*")} ${text}`);
  }

  close(): void {
    this.#input.close();
    if (this.#isTerminal) process.stdout.write("\n");
  }

  /** Two of the same name have, mostly, two colors. */
  #nameOf({ id, name }: Person): string {
    const number = parseInt(id.slice(0, 8), 16) || 0;
    return this.#style(COLORS[number % COLORS.length]!, name);
  }

  #style(style: Parameters<typeof styleText>[0], text: string): string {
    return this.#isTerminal && !process.env.NO_COLOR
      ? styleText(style, text)
      : text;
  }

  #prompt(): void {
    if (this.#isTerminal) this.#input.prompt(true);
  }

  #print(text: string): void {
    if (this.#isTerminal) {
      moveCursor(process.stdout, 0, -this.#input.getCursorPos().rows);
      cursorTo(process.stdout, 0);
      clearScreenDown(process.stdout);
    }
    process.stdout.write(`${text}\n`);
    this.#prompt();
  }
}
