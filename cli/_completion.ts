// Completion for shells, made from the table.

import type { CommandSpec, OptionSpec, PositionalSpec } from "./_spec.ts";
import { COMMON_OPTIONS, PROGRAM_OPTIONS } from "./_common_options.ts";
import { COMMANDS } from "./_table.ts";

/** The shells that there is completion for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = typeof SHELLS[number];

/** What the program is called where it is completed. */
const NAME = "alkpubsub";

/** A script for a shell to read. */
export function completionScript(shell: Shell): string {
  return { bash, zsh, fish }[shell]();
}

/** All that may be typed of an option: `--relay`, `--no-relay`, `-p`. */
function wordsOf({ name, short, isNegatable }: OptionSpec): string[] {
  return [
    `--${name}`,
    ...isNegatable ? [`--no-${name}`] : [],
    ...short ? [`-${short}`] : [],
  ];
}

function optionsOf(command: CommandSpec): OptionSpec[] {
  return [...command.options, ...COMMON_OPTIONS];
}

/** Whether the next word is its value. */
function takesValue({ kind, bare }: OptionSpec): boolean {
  return kind !== "flag" && bare === undefined;
}

function bash(): string {
  const names = COMMANDS.map(({ name }) => name);
  const cases = COMMANDS.map((command) => {
    const options = optionsOf(command);
    const words = options.flatMap(wordsOf);
    const values = options.filter(takesValue).map((option) => {
      const patterns = wordsOf(option).filter((one) =>
        !one.startsWith("--no-")
      );
      const reply = option.choices
        ? `COMPREPLY=($(compgen -W "${option.choices.join(" ")}" -- "$word"))`
        : option.kind === "file"
        ? BASH_FILES
        : ":";
      return `        ${patterns.join("|")}) ${reply}; return ;;`;
    });
    const first = command.positionals[0];
    return [
      `    ${command.name})`,
      '      case "$before" in',
      ...values,
      "      esac",
      `      if [[ "$word" != -* ]]; then ${bashPositional(first)}; return; fi`,
      `      COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word")) ;;`,
    ].join("\n");
  });
  return `# ${NAME}: source <(${NAME} completion bash)
_${NAME}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  # "=" is a word of its own: --color=never is three.
  if [[ "$word" == = ]]; then word=
  elif [[ "$before" == = ]]; then before=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  local command= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${names.join("|")}|help) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  COMPREPLY=()
  case "$command" in
${cases.join("\n")}
    help) COMPREPLY=($(compgen -W "${names.join(" ")}" -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "${
    [
      ...names,
      "help",
      ...[...COMMON_OPTIONS, ...PROGRAM_OPTIONS].flatMap(wordsOf),
    ].join(" ")
  }" -- "$word")) ;;
  esac
}
complete -F _${NAME} ${NAME}`;
}

/** Names of files may hold spaces. */
const BASH_FILES = `compopt -o filenames 2>/dev/null
          local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$word"))`;

function bashPositional(positional: PositionalSpec | undefined): string {
  if (positional?.choices) {
    return `COMPREPLY=($(compgen -W "${
      positional.choices.join(" ")
    }" -- "$word"))`;
  }
  return positional?.name === "FILE" ? BASH_FILES : ":";
}

function zsh(): string {
  const commands = COMMANDS.map(({ name, summary }) =>
    `    ${zshText(`${name}:${summary}`)}`
  );
  const cases = COMMANDS.map((command) => {
    const specs = optionsOf(command).flatMap(zshOption);
    const positionals = command.positionals.map((one, i) =>
      zshText(
        `${one.isMany ? "*" : i + 1}${one.isOptional ? "::" : ":"}${one.name}:${
          one.choices
            ? `(${one.choices.join(" ")})`
            : one.name === "FILE"
            ? "_files"
            : NOTHING
        }`,
      )
    );
    const all = [...specs, ...positionals].map((one) => `        ${one}`);
    return `      ${command.name})\n        _arguments -s \\\n${
      all.join(" \\\n")
    } ;;`;
  });
  const before = anyOptions().flatMap(zshOption).map((one) => `    ${one}`);
  return `#compdef ${NAME}
# ${NAME}: source <(${NAME} completion zsh)
_${NAME}() {
  local -a commands=(
${commands.join("\n")}
    ${zshText("help:All about a command")}
  )
  local line state
  _arguments -C \\
${before.join(" \\\n")} \\
    '1: :->command' '*:: :->rest'
  case "$state" in
    command) _describe command commands ;;
    rest)
      case "\${line[1]}" in
${cases.join("\n")}
      help) _describe command commands ;;
      esac ;;
  esac
}
# Loaded by name it has to complete at once; else it says what it is for.
if [[ "\${funcstack[1]}" == _${NAME} ]]; then _${NAME} "$@"
else compdef _${NAME} ${NAME}
fi`;
}

/** An action that offers nothing, and leaves options to be offered. */
const NOTHING = "()";

/** All that may stand before a command, by long names alone: short ones differ. */
function anyOptions(): OptionSpec[] {
  const all = [
    ...COMMON_OPTIONS,
    ...PROGRAM_OPTIONS,
    ...COMMANDS.flatMap(({ options }) => options.map(withoutShort)),
  ];
  return [...new Map(all.map((one) => [one.name, one])).values()];
}

function withoutShort({ short: _, ...rest }: OptionSpec): OptionSpec {
  return rest;
}

function zshOption(option: OptionSpec): string[] {
  const { name, help, value, choices, kind } = option;
  const many = option.isMany ? "*" : "";
  const about = help.replaceAll(/[[\]:]/g, "\\$&");
  const action = choices
    ? `(${choices.join(" ")})`
    : kind === "file"
    ? "_files"
    : NOTHING;
  const rest = value === undefined
    ? ""
    : `${option.bare === undefined ? "" : ":"}:${
      value.replaceAll(":", "\\:")
    }:${action}`;
  return wordsOf(option).map((word) => {
    const isValued = rest !== "" && word !== `--no-${name}`;
    const mark = isValued && word.startsWith("--") ? "=" : "";
    return zshText(`${many}${word}${mark}[${about}]${isValued ? rest : ""}`);
  });
}

function zshText(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fish(): string {
  const names = COMMANDS.map(({ name }) => name);
  const none = `not __fish_seen_subcommand_from ${names.join(" ")} help`;
  const lines = [
    `# ${NAME}: ${NAME} completion fish | source`,
    `complete -c ${NAME} -f`,
    ...COMMANDS.map(({ name, summary }) =>
      `complete -c ${NAME} -n ${fishText(none)} -a ${name} -d ${
        fishText(summary)
      }`
    ),
    `complete -c ${NAME} -n ${fishText(none)} -a help -d ${
      fishText("All about a command")
    }`,
    `complete -c ${NAME} -n ${
      fishText("__fish_seen_subcommand_from help")
    } -a ${fishText(names.join(" "))}`,
    ...PROGRAM_OPTIONS.map((option) =>
      `complete -c ${NAME} -n ${fishText(none)} ${fishOption(option)}`
    ),
  ];
  for (const command of COMMANDS) {
    const when = fishText(`__fish_seen_subcommand_from ${command.name}`);
    for (const option of optionsOf(command)) {
      lines.push(`complete -c ${NAME} -n ${when} ${fishOption(option)}`);
      if (!option.isNegatable) continue;
      lines.push(
        `complete -c ${NAME} -n ${when} -l no-${option.name} -d ${
          fishText(`Not: ${option.help}`)
        }`,
      );
    }
    const [first] = command.positionals;
    if (first?.choices) {
      lines.push(
        `complete -c ${NAME} -n ${when} -a ${
          fishText(first.choices.join(" "))
        }`,
      );
    } else if (first?.name === "FILE") {
      lines.push(`complete -c ${NAME} -n ${when} -F`);
    }
  }
  return lines.join("\n");
}

function fishOption(option: OptionSpec): string {
  const { name, short, help, choices, kind } = option;
  const parts = [`-l ${name}`];
  if (short) parts.push(`-s ${short}`);
  if (takesValue(option)) parts.push("-r");
  if (choices) parts.push(`-a ${fishText(choices.join(" "))}`);
  if (kind === "file") parts.push("-F");
  parts.push(`-d ${fishText(help)}`);
  return parts.join(" ");
}

function fishText(text: string): string {
  return `'${text.replaceAll(/['\\]/g, "\\$&")}'`;
}
