// A real terminal: a pane of tmux, with a shell that is typed into.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { linesOf } from "./_line_process.ts";

/** Where tmux is; `undefined` when it is not installed. */
export function findTmux(): string | undefined {
  return Deno.env.get("PATH")?.split(delimiter)
    .map((directory) => join(directory, "tmux")).find(existsSync);
}

/** How a terminal is opened. */
export interface TerminalOptions {
  /** @default {80} */
  readonly columns?: number;
  /** @default {24} */
  readonly rows?: number;
  /** What the shell is told before anything is typed. */
  readonly setup?: string;
}

/** Milliseconds after which a screen is shown instead of waited for. */
const PATIENCE = 30_000;

/** What the shell asks with. */
const PROMPT = "ready>";

/** A terminal; disposing of it ends what runs in it. */
export class Terminal implements AsyncDisposable {
  /** Its socket is here: tmux leaves it behind. */
  readonly #directory = Deno.makeTempDirSync({ prefix: "pubsub-tmux-" });
  #watching: Promise<void> | undefined;
  readonly #checks = new Set<() => void>();

  private constructor() {}

  static async open(options: TerminalOptions = {}): Promise<Terminal> {
    const { columns = 80, rows = 24, setup = "" } = options;
    const terminal = new Terminal();
    const size = ["-x", String(columns), "-y", String(rows)];
    await terminal.#tmux(
      ...["-f", "/dev/null", "new-session", "-d", ...size],
      // What a test runner sets for its own output is not for a terminal.
      "env -u NO_COLOR -u FORCE_COLOR -u CI sh",
    );
    await terminal.#tmux("set-option", "-g", "status", "off");
    await terminal.#tmux("set-option", "-g", "window-size", "manual");
    terminal.#watch();
    await terminal.type(`PS1='${PROMPT} '; ${setup || ":"}; clear`);
    await terminal.prompted();
    return terminal;
  }

  /** Types a line, and Enter. */
  async type(line: string): Promise<void> {
    await this.typeKeys(line);
    await this.press("Enter");
  }

  /** Types a text, as it is. */
  async typeKeys(text: string): Promise<void> {
    await this.#tmux("send-keys", "-l", text);
  }

  /** Presses a key, by the name that tmux has for it: `C-c`. */
  async press(key: string): Promise<void> {
    await this.#tmux("send-keys", key);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux(
      ...["resize-window", "-x", String(columns), "-y", String(rows)],
    );
  }

  /** What is on the screen, with its colours if asked for. */
  async screen(withColours = false): Promise<string> {
    const flags = withColours ? ["-e"] : [];
    return (await this.#tmux("capture-pane", "-p", ...flags)).trimEnd();
  }

  /**
   * Resolves with the first screen that passes.
   *
   * @throws {Error} With the screen, when none does in a long time.
   */
  async until(passes: RegExp | ((screen: string) => boolean)): Promise<string> {
    const isIt = passes instanceof RegExp
      ? (screen: string) => passes.test(screen)
      : passes;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((resolve) =>
      timer = setTimeout(resolve, PATIENCE, "late")
    );
    try {
      for (;;) {
        let check!: () => void;
        const drawn = new Promise<void>((resolve) => check = resolve);
        this.#checks.add(check);
        const screen = await this.screen();
        if (isIt(screen)) return screen;
        if (await Promise.race([drawn, late]) === "late") {
          throw new Error(
            `No screen passes ${passes}; the last one:\n${screen}`,
          );
        }
        this.#checks.delete(check);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves with the screen once the shell asks for the next line. */
  prompted(): Promise<string> {
    return this.until((screen) => screen.endsWith(PROMPT));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tmux("kill-server").catch(() => {});
    await this.#watching;
    await Deno.remove(this.#directory, { recursive: true });
  }

  get #socket(): string {
    return join(this.#directory, "socket");
  }

  /** A client in control mode is told of all that is drawn. */
  #watch(): void {
    const child = new Deno.Command("tmux", {
      args: ["-u", "-S", this.#socket, "-C", "attach"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#watching = (async () => {
      for await (const line of linesOf(child.stdout)) {
        if (!line.startsWith("%output")) continue;
        for (const check of [...this.#checks]) check();
      }
      await child.status;
      await child.stdin.close().catch(() => {});
    })();
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-u", "-S", this.#socket, ...args],
      env: { LC_ALL: "C.UTF-8" },
    }).output();
    const decoder = new TextDecoder();
    if (success) return decoder.decode(stdout);
    throw new Error(`tmux ${args.join(" ")}: ${decoder.decode(stderr)}`);
  }
}
