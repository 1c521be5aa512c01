// What a command and its options are: the one table is made of these, and the
// reading of arguments, help and completion are made from the table.

import type { Context } from "./_context.ts";

/** What the value of an option has to be; a flag has none. */
export type OptionKind =
  | "flag"
  | "text"
  | "whole"
  | "number"
  | "duration"
  | "file";

/** An option of a command. */
export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  readonly kind: OptionKind;
  /** How its value reads in help. */
  readonly value?: string;
  /** Its value may be left out, and is this then. */
  readonly bare?: string;
  /** It may be given several times. */
  readonly isMany?: boolean;
  /** `--no-<name>` says no. */
  readonly isNegatable?: boolean;
  readonly choices?: readonly string[];
  /** Of a number: the smallest and the largest that will do. */
  readonly min?: number;
  readonly max?: number;
  /** The environment variable that stands in for it. */
  readonly environment?: string;
  /** Its value when it is not given; help shows it. */
  readonly initial?: string;
  readonly help: string;
}

/** An argument that is no option. */
export interface PositionalSpec {
  readonly name: string;
  readonly isOptional?: boolean;
  readonly isMany?: boolean;
  readonly choices?: readonly string[];
  readonly help: string;
}

/** Something to type, and what it is for. */
export interface Example {
  /** Without the name of the program. */
  readonly command: string;
  readonly about: string;
}

/** What a command's module has. */
export interface CommandModule {
  /** Does it; resolves with the exit code. */
  run(context: Context): Promise<number>;
}

/** A command. */
export interface CommandSpec {
  readonly name: string;
  readonly summary: string;
  /** What else has to be said, in paragraphs. */
  readonly about?: readonly string[];
  readonly positionals: readonly PositionalSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** Loaded when it is asked for, and not before. */
  load(): Promise<CommandModule>;
}

/** How an option reads: `-n, --count N`. */
export function optionText(option: OptionSpec): string {
  const short = option.short ? `-${option.short}, ` : "";
  const name = option.isNegatable ? `[no-]${option.name}` : option.name;
  return `${short}--${name}${valueText(option)}`;
}

function valueText({ value, bare }: OptionSpec): string {
  if (value === undefined) return "";
  return bare === undefined ? ` ${value}` : ` [${value}]`;
}

/** How the arguments of a command read: `TYPE [ID] [JSON]`. */
export function positionalsText(command: CommandSpec): string {
  return command.positionals.map(({ name, isOptional, isMany }) => {
    const text = isMany ? `${name}…` : name;
    return isOptional ? `[${text}]` : text;
  }).join(" ");
}
