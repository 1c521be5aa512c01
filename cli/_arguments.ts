// The arguments of a command, as it asks for them.

import process from "node:process";
import { durationIn } from "./_duration.ts";
import type { OptionSpec } from "./_spec.ts";

/** The arguments of a command, each of them checked. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #options: ReadonlyMap<string, OptionSpec>;
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(
    options: readonly OptionSpec[],
    values: ReadonlyMap<string, readonly string[]>,
    positionals: readonly string[],
  ) {
    this.#options = new Map(options.map((option) => [option.name, option]));
    this.#values = values;
    this.positionals = positionals;
  }

  /** `false` for `--no-<name>`, `undefined` when neither was typed. */
  flag(name: string): boolean | undefined {
    const value = this.texts(name).at(-1);
    return value === undefined ? undefined : value === "true";
  }

  /** Whether something was typed for it. */
  has(name: string): boolean {
    return this.texts(name).length > 0;
  }

  /** What was typed last, else the environment's, else what the table has. */
  text(name: string): string | undefined {
    const typed = this.texts(name).at(-1);
    const { environment, initial } = this.#options.get(name)!;
    return typed ?? ((environment && process.env[environment]) || initial);
  }

  /** All that was typed for it. */
  texts(name: string): readonly string[] {
    if (this.#options.has(name)) return this.#values.get(name) ?? [];
    throw new TypeError(`Cannot read argument: the table has no --${name}`);
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }

  /** In milliseconds. */
  duration(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : durationIn(text);
  }
}
