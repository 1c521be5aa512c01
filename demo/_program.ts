// Servers that are programs of others, Debian's packages: each in a folder of its
// own, on free ports of the loopback interface, until it is disposed of.

/** A server that was started; disposing of it kills it and removes its folder. */
export interface Server extends AsyncDisposable {
  /** Where it listens on 127.0.0.1, also after another start. */
  readonly port: number;
  /** Its process; another one after another start. */
  readonly pid: number;
  /** `127.0.0.1:4222` */
  readonly address: string;
  /** `nats://127.0.0.1:4222` */
  readonly url: string;
  /** Kills it with SIGKILL; resolves once it has ended. */
  kill(): Promise<void>;
  /** After it was killed: again, with the same ports and folder. */
  start(): Promise<void>;
  /** It goes on holding its sockets, and does nothing. */
  pause(): void;
  /** It goes on where it was paused. */
  resume(): void;
  /** For good: kills it, however it is, and removes its folder. */
  stop(): Promise<void>;
}

/** What every kind of server can be given. */
export interface ServerOptions {
  /** Lines to add to its configuration, in the language of that server. */
  readonly config?: readonly string[];
}

/** How a program is run. */
export interface ProgramPlan {
  readonly name: string;
  /** What stands before the path of its configuration. */
  readonly args?: readonly string[];
  /** What stands after it. */
  readonly lastArgs?: readonly string[];
  /** The scheme of its address: `nats`. */
  readonly scheme: string;
  /** How many ports it needs besides the one for its clients. */
  readonly otherPorts?: number;
  /** Its configuration, given its ports. */
  config(port: number, ...others: number[]): readonly string[];
  /** What it prints once it can be connected to. */
  readonly ready: RegExp;
}

/** Why a program cannot be run here; `undefined` when it can. */
export async function programFault(name: string): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command(name, {
      args: ["--version"],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success ? undefined : `${name} --version fails`;
  } catch {
    return `${name} is not installed`;
  }
}

/** How often other ports are tried when somebody was faster. */
const ATTEMPTS = 20;

/** Runs a program on ports that are free. */
export async function startProgram(plan: ProgramPlan): Promise<Server> {
  for (let attempt = 1;; attempt++) {
    const program = new Program(plan, freePorts(1 + (plan.otherPorts ?? 0)));
    try {
      await program.start();
      return program;
    } catch (error) {
      await program.stop();
      const isTaken = String(error).match(/address already in use/i);
      if (!isTaken || attempt === ATTEMPTS) throw error;
    }
  }
}

/** How much of what a program printed is kept. */
const KEPT_OUTPUT = 4000;

class Program implements Server {
  readonly port: number;
  readonly #plan: ProgramPlan;
  readonly #folder = Deno.makeTempDirSync({ prefix: "pubsub-server-" });
  readonly #configPath = `${this.#folder}/server.conf`;
  #child: Deno.ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(plan: ProgramPlan, [port, ...others]: [number, ...number[]]) {
    this.#plan = plan;
    this.port = port;
    // Once: a program may keep there what it has to know after another start.
    const lines = [...plan.config(port, ...others), ""];
    Deno.writeTextFileSync(this.#configPath, lines.join("\n"));
    globalThis.addEventListener("unload", this.#onUnload);
  }

  get pid(): number {
    if (this.#child === undefined) throw new Error(this.#said("does not run"));
    return this.#child.pid;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `${this.#plan.scheme}://${this.address}`;
  }

  async start(): Promise<void> {
    if (this.#stopped) throw new Error(this.#said("was stopped"));
    if (this.#child) throw new Error(this.#said("runs already"));
    const { name, args = [], lastArgs = [], ready } = this.#plan;
    const [command, ...leash] = [...await findLeash(), name] as [string];
    const child = new Deno.Command(command, {
      args: [...leash, ...args, this.#configPath, ...lastArgs],
      cwd: this.#folder,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    const isReady = Promise.withResolvers<void>();
    let printed = "";
    const listen = async (stream: ReadableStream<Uint8Array>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        printed = (printed + text).slice(-KEPT_OUTPUT);
        if (ready.test(printed)) isReady.resolve();
      }
    };
    this.#ended = Promise.all([
      listen(child.stdout),
      listen(child.stderr),
      child.status,
    ]).then(() => {
      this.#child = undefined;
      isReady.reject(new Error(this.#said(`has ended: ${printed}`)));
    });
    await isReady.promise;
  }

  async kill(): Promise<void> {
    this.#signal("SIGKILL");
    await this.#ended;
  }

  pause(): void {
    this.#signal("SIGSTOP");
  }

  resume(): void {
    this.#signal("SIGCONT");
  }

  stop(): Promise<void> {
    return this.#stopped ??= this.kill().then(this.#onUnload);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #said(what: string): string {
    return `${this.#plan.name} on port ${this.port} ${what}`;
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#child?.kill(signal);
    } catch {
      // It has ended already.
    }
  }

  /** Also when a test broke so badly that nothing is disposed of. */
  readonly #onUnload = (): void => {
    globalThis.removeEventListener("unload", this.#onUnload);
    this.#signal("SIGKILL");
    Deno.removeSync(this.#folder, { recursive: true });
  };
}

/**
 * What to put before a command that has to end with this process, also when that
 * is killed: empty where there is no such thing.
 */
function findLeash(): Promise<readonly string[]> {
  return leash ??= programFault("setpriv").then((fault) =>
    fault === undefined ? ["setpriv", "--pdeathsig", "KILL", "--"] : []
  );
}

let leash: Promise<readonly string[]> | undefined;

// Below what systems give to connections that go out: a client that dials the
// port of a server that is down can get that very port for its own end, is
// connected with itself, and the server cannot have it back.
const FIRST_PORT = 10_000;
const LAST_PORT = 32_000;

/** Ports that nobody listens on; somebody may before they are used. */
function freePorts(count: number): [number, ...number[]] {
  const ports = new Set<number>();
  while (ports.size < count) {
    const span = LAST_PORT - FIRST_PORT;
    const port = FIRST_PORT + Math.floor(Math.random() * span);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      ports.add(port);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  return [...ports] as [number, ...number[]];
}
