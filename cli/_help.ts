// Help, made from the table.

import { programName } from "./_program.ts";
import {
  type CommandSpec,
  type Example,
  type OptionSpec,
  optionText,
  positionalsText,
} from "./_spec.ts";
import type { Style } from "./_style.ts";
import { COMMON_OPTIONS, PROGRAM_OPTIONS } from "./_common_options.ts";
import { COMMANDS } from "./_table.ts";

/** How help is laid out. */
export interface HelpOptions {
  readonly style: Style;
  readonly columns: number;
}

/** A pair of columns. */
type Row = readonly [left: string, right: string];

/** Of the whole program. */
export function programHelp(options: HelpOptions): string {
  const program = programName();
  const rows = COMMANDS.map((one): Row => [
    `${one.name} ${positionalsText(one)}`.trim(),
    one.summary,
  ]);
  return sections(options, [
    [
      "",
      `Publish and subscribe, over WebSocket and iroh: see https://jsr.io/@alkdev/pubsub`,
    ],
    ["Usage", `  ${program} COMMAND [OPTION…]`],
    ["Commands", rows],
    ["Options", optionRows([...COMMON_OPTIONS, ...PROGRAM_OPTIONS])],
    [
      "Examples",
      examplesText(program, options, [
        { command: "hub", about: "in one terminal" },
        { command: "sub --pretty message.sent", about: "in another one" },
        {
          command: `pub message.sent room-1 '{"text":"hello"}'`,
          about: "in a third",
        },
        { command: "help pub", about: "all about one command" },
      ]),
    ],
  ]);
}

/** Of a command. */
export function commandHelp(
  command: CommandSpec,
  options: HelpOptions,
): string {
  const program = programName();
  const { name, summary, about = [], positionals, examples } = command;
  const usage = `  ${program} ${name} ${positionalsText(command)}`.trimEnd();
  return sections(options, [
    ["", `${summary}.`],
    ["Usage", `${usage} [OPTION…]`],
    ["Arguments", positionals.map(({ name, help }): Row => [name, help])],
    ["Options", optionRows([...command.options, ...COMMON_OPTIONS])],
    ...about.map((text): Section => ["", text]),
    ["Examples", examplesText(program, options, examples)],
  ]);
}

type Section = readonly [title: string, body: string | readonly Row[]];

function sections(options: HelpOptions, all: readonly Section[]): string {
  const { style, columns } = options;
  const shown = all.filter(([, body]) => body.length > 0);
  return shown.map(([title, body]) => {
    const text = typeof body !== "string"
      ? rowsText(body, options)
      : title === ""
      ? wrapped(body, columns).join("\n")
      : body;
    return title === "" ? text : `${style.paint(`${title}:`, "bold")}\n${text}`;
  }).join("\n\n");
}

function optionRows(options: readonly OptionSpec[]): Row[] {
  return options.map((option): Row => {
    const { help, initial, environment, isMany } = option;
    const more = [
      environment && `$${environment}`,
      initial && `default ${initial}`,
      isMany && "may be repeated",
    ].filter(Boolean);
    return [
      optionText(option),
      more.length > 0 ? `${help} [${more.join(", ")}]` : help,
    ];
  });
}

const MAX_LEFT = 26;

function rowsText(
  rows: readonly Row[],
  { style, columns }: HelpOptions,
): string {
  const widths = rows.map(([left]) => left.length);
  const width = Math.min(MAX_LEFT, Math.max(...widths)) + 2;
  return rows.map(([left, right]) => {
    const lines = wrapped(right, Math.max(20, columns - width - 2));
    const rest = lines.map((line) => " ".repeat(width + 2) + line);
    const name = style.paint(left, "cyan");
    if (left.length + 2 > width) return [`  ${name}`, ...rest].join("\n");
    const gap = " ".repeat(width - left.length);
    return [`  ${name}${gap}${lines[0]}`, ...rest.slice(1)].join("\n");
  }).join("\n");
}

function examplesText(
  program: string,
  { style }: HelpOptions,
  examples: readonly Example[],
): string {
  return examples.map(({ command, about }) =>
    `  ${style.paint(`# ${about}`, "dim")}\n  ${program} ${command}`
  ).join("\n");
}

/** Lines no longer than that, broken at spaces. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
