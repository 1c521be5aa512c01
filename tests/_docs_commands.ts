// The command lines of the documentation: what each has to hold against. Those
// of the README and of the page of the command line are run besides.

import { readWords } from "../cli/_parsing.ts";
import config from "../deno.json" with { type: "json" };
import tools from "../package.json" with { type: "json" };
import { type Block, isThere } from "./_markdown.ts";

/** What stands for the command line. */
export const CLI = [
  "deno run -A jsr:@alkdev/pubsub/cli",
  "npx alkpubsub",
  "npx deno task -q cli",
  "npx -p @alkdev/pubsub -p ws -p @number0/iroh alkpubsub",
];

const packages: Readonly<Record<string, string>> = {
  ...tools.devDependencies,
  ...tools.optionalDependencies,
};

/** The commands of a block: comments go, `a && b` are two. */
export function commandsIn({ text }: Block): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .flatMap((line) => line.split(" && "))
    .filter((line) => line !== "");
}

/** The words of a command, as a shell reads them: quotes, and no more. */
export function wordsOf(command: string): string[] {
  const words = command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
}

/** The words behind the command line's name; `undefined` for any other. */
export function cliWordsOf(command: string): string[] | undefined {
  const name = CLI.find((one) => `${command} `.startsWith(`${one} `));
  // Where the shell takes over.
  if (name === undefined) return undefined;
  return wordsOf(command.slice(name.length).split(/ [<>|] ?/)[0]!);
}

const assertPackage = (name: string) => {
  if (name === config.name || name in packages) return;
  throw new Error(`no test installs ${name}`);
};

/**
 * Holds a command against what it stands on.
 *
 * @param files The names of the snippets that some test runs, of this page.
 * @throws When it cannot work as it stands.
 */
export function assertCommand(
  command: string,
  files: ReadonlySet<string>,
): void {
  const cli = cliWordsOf(command);
  if (cli) return void readWords(cli);
  const words = wordsOf(command).filter((word) => !/^[A-Z_]+=/.test(word));
  const [program, ...rest] = words;
  const begin = words.slice(0, 3).join(" ");
  if (program === "export") {
    if (!/^export ALKPUBSUB_HUB=\S+$/.test(command)) {
      throw new Error("not ours");
    }
  } else if (program === "echo") {
    const [, json = "", file] = command.match(/^echo '(.*)' > (\S+)$/) ?? [];
    if (!JSON.parse(json) || file !== "deno.json") throw new Error("not ours");
  } else if (command === "npm ci") {
    if (!isThere("package-lock.json")) throw new Error("there is no lock file");
  } else if (program === "npm" && rest[0] === "install") {
    words.slice(2).forEach(assertPackage);
  } else if (begin === "npx deno task") {
    assertTask(words.slice(3));
  } else if (begin === "deno run -A") {
    if (!files.has(words[3]!)) throw new Error(`no test runs ${words[3]}`);
  } else if (program === "deno" && rest[0] === "add") {
    for (const word of rest.slice(1)) {
      const [, , name] = word.match(/^(jsr|npm):(.+)$/) ?? [];
      if (name === undefined) throw new Error(`${word} names no registry`);
      if (word.startsWith("jsr:") && name !== config.name) {
        throw new Error(`JSR has no ${name} of ours`);
      }
      assertPackage(name);
    }
  } else if (program === "redis-cli") {
    JSON.parse(words[3]!); // A test says it to a server.
  } else {
    throw new Error("no test knows it");
  }
}

function assertTask([task = "", ...args]: readonly string[]): void {
  if (!Object.hasOwn(config.tasks, task)) throw new Error(`no task ${task}`);
  for (const arg of args) {
    if (/\.ts$/.test(arg) && !isThere(arg)) throw new Error(`no file ${arg}`);
  }
}
