// The commands beside the hub and its clients, in the table.

import type { CommandSpec } from "./_spec.ts";

export const keySpec: CommandSpec = {
  name: "key",
  summary: "Print the node id of a secret key",
  about: [
    "A hub with --allow lets in the node ids that it is given. A client has one that lasts with --secret-key FILE.",
  ],
  positionals: [
    {
      name: "FILE",
      help: "Made when it is missing, for nobody else to read",
    },
  ],
  options: [],
  examples: [
    { command: "key alice.key", about: "what a hub is told to let in" },
  ],
  load: () => import("./_key_command.ts"),
};

export const completionSpec: CommandSpec = {
  name: "completion",
  summary: "Print completion for a shell",
  about: [
    "It completes the name alkpubsub: who starts the program otherwise gives it that name, alias alkpubsub='npx deno task cli' in a clone.",
  ],
  positionals: [
    {
      name: "SHELL",
      choices: ["bash", "zsh", "fish"],
      help: "bash, zsh or fish",
    },
  ],
  options: [],
  examples: [
    {
      command:
        "completion bash > ~/.local/share/bash-completion/completions/alkpubsub",
      about: "bash, from the next session on",
    },
    {
      command: 'completion zsh > "${fpath[1]}/_alkpubsub"',
      about: "zsh",
    },
    {
      command: "completion fish > ~/.config/fish/completions/alkpubsub.fish",
      about: "fish",
    },
  ],
  load: () => import("./_completion_command.ts"),
};
