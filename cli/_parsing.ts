// From the words that were typed to a command and its arguments.

import { parseArgs } from "node:util";
import { inLine } from "../_options.ts";
import { Arguments } from "./_arguments.ts";
import { durationIn } from "./_duration.ts";
import { UsageError } from "./_failure.ts";
import { type CommandSpec, type OptionSpec, positionalsText } from "./_spec.ts";
import { suggestionFor } from "./_suggestion.ts";
import { COMMON_OPTIONS, PROGRAM_OPTIONS } from "./_common_options.ts";
import { COMMANDS } from "./_table.ts";

/**
 * The arguments of a command.
 *
 * @throws {UsageError} That says what is wrong, and what was meant.
 */
function argumentsOf(
  command: CommandSpec,
  words: readonly string[],
): Arguments {
  const options = [...command.options, ...COMMON_OPTIONS];
  const values = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokensOf(options, words)) {
    if (token.kind === "positional") positionals.push(unescaped(token.value));
    if (token.kind !== "option") continue;
    const { name, value } = optionIn(command, options, token);
    const before = values.get(name);
    if (before) before.push(value);
    else values.set(name, [value]);
  }
  // Who asks for help need not have everything else right.
  if (!values.has("help")) checkPositionals(command, positionals);
  return new Arguments(options, values, positionals);
}

/** What was typed: a command, or none, and its arguments. */
export interface ReadWords {
  /** `undefined` when something is asked of the program itself. */
  readonly command: CommandSpec | undefined;
  readonly args: Arguments;
}

/**
 * Reads all that was typed.
 *
 * @throws {UsageError} That says what is wrong, and what was meant.
 */
export function readWords(words: readonly string[]): ReadWords {
  const at = commandAt(words);
  const before = words.slice(0, at);
  const name = words[at];
  if (name === "help") {
    const [about, ...rest] = words.slice(at + 1);
    return readWords(
      about === undefined ? ["--help"] : [about, "--help", ...rest],
    );
  }
  if (name !== undefined) {
    const command = commandNamed(name);
    const args = argumentsOf(command, [...before, ...words.slice(at + 1)]);
    return { command, args };
  }
  const args = argumentsOf(PROGRAM, before);
  if (args.flag("help") || args.flag("version")) {
    return { command: undefined, args };
  }
  throw new MissingCommand(
    `a command is missing: ${
      COMMANDS.map((one) => one.name).join(", ")
    }, or help`,
  );
}

/** Nothing was asked for: the one who typed it may not know what there is. */
export class MissingCommand extends UsageError {}

/** What can be typed without a command. */
const PROGRAM: CommandSpec = {
  name: "alkpubsub",
  summary: "",
  positionals: [],
  options: PROGRAM_OPTIONS,
  examples: [],
  load() {
    throw new Error("Cannot load a command: there is none");
  },
};

/** Where the command stands: options may stand before it. */
function commandAt(words: readonly string[]): number {
  const all = [...COMMANDS.flatMap((one) => one.options), ...COMMON_OPTIONS];
  let at = 0;
  while (words[at]?.startsWith("-")) {
    const taker = all.find(({ name, short, kind }) =>
      kind !== "flag" &&
      (words[at] === `--${name}` || words[at] === `-${short}`)
    );
    at += taker ? 2 : 1;
  }
  return Math.min(at, words.length);
}

/** A command by its name. */
function commandNamed(name: string): CommandSpec {
  const command = COMMANDS.find((one) => one.name === name);
  if (command) return command;
  const names = COMMANDS.map((one) => one.name);
  const meant = suggestionFor(name, names);
  throw new UsageError(
    `unknown command ${inLine(name)}: ${
      meant ? `did you mean ${meant}?` : `there are ${names.join(", ")}`
    }`,
  );
}

/** A word that looks like an option, and is a number: `-5`. */
const NEGATIVE = /^-\.?\d/;

/** What no argument begins with. */
const ESCAPE = "\0";

function unescaped(word: string): string {
  return word.startsWith(ESCAPE) ? word.slice(ESCAPE.length) : word;
}

type Token = ReturnType<typeof tokensOf>[number];

function tokensOf(options: readonly OptionSpec[], words: readonly string[]) {
  const args: string[] = [];
  let isOver = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    isOver ||= word === "--";
    const bare = options.find((one) =>
      one.bare !== undefined && word === `--${one.name}`
    );
    if (isOver || !bare && !NEGATIVE.test(word)) args.push(word);
    else if (!bare) args.push(`${ESCAPE}${word}`);
    // What may be left out is there when it can be nothing else.
    else if (/^\d+$/.test(words[i + 1] ?? "")) {
      args.push(`${word}=${words[++i]}`);
    } else args.push(`${word}=${bare.bare}`);
  }
  const types = options.map((option) => [option.name, {
    type: option.kind === "flag" ? "boolean" : "string",
    ...option.short && { short: option.short },
  }]);
  // Not strict: Node, Deno and Bun word their complaints each in their own way.
  return parseArgs({
    args,
    options: Object.fromEntries(types),
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
}

function optionIn(
  command: CommandSpec,
  options: readonly OptionSpec[],
  token: Extract<Token, { kind: "option" }>,
): { name: string; value: string } {
  const { name, rawName } = token;
  const value = token.value === undefined ? undefined : unescaped(token.value);
  const isNo = name.startsWith("no-");
  const option = options.find((one) =>
    one.name === name || isNo && one.isNegatable && one.name === name.slice(3)
  );
  if (!option) throw unknownOption(command, options, rawName);
  const { choices } = option;
  if (option.kind === "flag") {
    if (value === undefined) {
      return { name: option.name, value: String(option.name === name) };
    }
    throw new UsageError(`option ${rawName} takes no value`);
  }
  const isMissing = value === undefined || value === "" ||
    !token.inlineValue && /^--?[a-z]/i.test(value);
  if (isMissing) {
    throw new UsageError(`option ${rawName} needs a value: ${option.value}`);
  }
  if (choices && !choices.includes(value)) {
    throw new UsageError(
      `option ${rawName} is one of ${choices.join(", ")}, not ${inLine(value)}`,
    );
  }
  const fault = faultIn(option, value);
  if (fault) {
    throw new UsageError(`option ${rawName} ${fault}, not ${inLine(value)}`);
  }
  return { name: option.name, value };
}

/** What a value has to be, if it is not. */
function faultIn(option: OptionSpec, value: string): string | undefined {
  const { kind, min = -Infinity, max = Infinity } = option;
  if (kind === "duration") {
    if (durationIn(value) !== undefined) return undefined;
    return "is a time such as 5, 5s, 500ms or 2m";
  }
  if (kind !== "whole" && kind !== "number") return undefined;
  const number = Number(value);
  const isNumber = kind === "whole"
    ? /^[+-]?\d+$/.test(value)
    : Number.isFinite(number);
  if (isNumber && number >= min && number <= max) return undefined;
  const what = kind === "whole" ? "is a whole number" : "is a number";
  if (max < Infinity) return `${what} from ${min} to ${max}`;
  return min > -Infinity ? `${what} from ${min}` : what;
}

function unknownOption(
  command: CommandSpec,
  options: readonly OptionSpec[],
  rawName: string,
): UsageError {
  const names = options.flatMap(({ name, isNegatable }) =>
    isNegatable ? [name, `no-${name}`] : [name]
  );
  const meant = suggestionFor(rawName.replace(/^--?/, ""), names);
  const hint = meant ? `: did you mean --${meant}?` : "";
  return new UsageError(
    `unknown option ${inLine(rawName)} of ${command.name}${hint}`,
  );
}

function checkPositionals(
  command: CommandSpec,
  words: readonly string[],
): void {
  const { name, positionals } = command;
  const needed = positionals.filter((one) => !one.isOptional);
  const missing = needed[words.length];
  const usage = `${name} ${positionalsText(command)}`.trim();
  if (missing) {
    throw new UsageError(`${missing.name} is missing: ${usage}`);
  }
  const surplus = words[positionals.length];
  if (surplus !== undefined && !positionals.at(-1)?.isMany) {
    throw new UsageError(`unexpected argument ${inLine(surplus)}: ${usage}`);
  }
  for (const [i, { choices, name }] of positionals.entries()) {
    const word = words[i];
    if (!choices || word === undefined || choices.includes(word)) continue;
    const meant = suggestionFor(word, choices);
    throw new UsageError(
      `${name} is one of ${choices.join(", ")}, not ${inLine(word)}${
        meant ? `: did you mean ${meant}?` : ""
      }`,
    );
  }
}
