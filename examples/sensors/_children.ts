// The sensors of the one command: each is a process of its own, with a key of its
// own, so that it is the same one when it comes back.

/** Names, each a sensor. */
const NAMES = ["attic", "cellar", "garage", "kitchen", "office"];
const main = new URL("main.ts", import.meta.url);

/** Sensors of a hub on the same machine. */
export class Children {
  readonly #ticket: string;
  readonly #folder = Deno.makeTempDirSync({ prefix: "pubsub-sensors-" });
  readonly #running = new Map<string, Deno.ChildProcess>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ticket: string) {
    this.#ticket = ticket;
    for (const name of NAMES) this.#start(name);
  }

  /**
   * Kills one sensor after the other, and starts it again.
   *
   * @param pause Milliseconds between two deeds.
   */
  tellStory(pause: number, note: (text: string) => void): void {
    const begin = (i: number) => {
      const name = NAMES[Math.floor(i / 2) % NAMES.length]!;
      const deed = i % 2 === 0 ? "kill" : "start";
      this.#timer = setTimeout(() => {
        this.obey([deed, name], note);
        begin(i + 1);
      }, pause);
    };
    begin(0);
  }

  /** Does what is typed: `kill NAME`, `start NAME`. */
  obey([deed, name = ""]: string[], note: (text: string) => void): boolean {
    if (deed !== "kill" && deed !== "start") return false;
    const child = this.#running.get(name);
    if (!NAMES.includes(name)) note(`? There is no ${name}`);
    else if (deed === "start" && !child) this.#start(name);
    else if (deed === "kill" && child) child.kill("SIGKILL");
    else return true;
    if (NAMES.includes(name)) note(`* ${deed} ${name}`);
    return true;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const children = [...this.#running.values()];
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(children.map(({ status }) => status));
    await Deno.remove(this.#folder, { recursive: true });
  }

  #start(name: string): void {
    const key = `${this.#folder}/${name}`;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--quiet", main.href, "sensor", "--attached"],
        ...["--name", name, "--key", key, this.#ticket],
      ],
      // Its end is the sensor's: none is left when this process is killed.
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#running.set(name, child);
    void child.status.then(() => this.#running.delete(name));
  }
}
