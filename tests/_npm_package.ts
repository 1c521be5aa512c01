// The package for npm, packed as for a release, and projects that install it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { outputOf } from "./_output.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

// On Windows it is a script of cmd, which is no program.
const npm = Deno.build.os === "windows" ? ["cmd", "/c", "npm"] : ["npm"];

/** Nothing is fetched, and nothing is there from before. */
const offline = (cache: string): Record<string, string> => ({
  BUN_CONFIG_REGISTRY: "http://127.0.0.1:9",
  BUN_INSTALL_CACHE_DIR: cache,
  npm_config_audit: "false",
  npm_config_cache: cache,
  npm_config_fund: "false",
  npm_config_offline: "true",
  npm_config_registry: "http://127.0.0.1:9",
  npm_config_update_notifier: "false",
});

/** What `npm pack` says of a tarball. */
export interface Packed {
  readonly filename: string;
  readonly integrity: string;
  /** Bytes. */
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** The package and its tarball; disposing of it removes both. */
export class NpmPackage implements AsyncDisposable {
  /** Where it was built. */
  readonly directory: string;
  readonly packed: Packed;
  readonly #temporary: string;

  private constructor(temporary: string, packed: Packed) {
    this.#temporary = temporary;
    this.directory = join(temporary, "package");
    this.packed = packed;
  }

  /** Builds and packs it as the release does. */
  static async make(): Promise<NpmPackage> {
    const temporary = await Deno.makeTempDir({ prefix: "pubsub-npm-" });
    const directory = join(temporary, "package");
    await run([
      ...[Deno.execPath(), "task", `--config=${join(root, "deno.json")}`],
      ...["build:npm", directory],
    ]);
    const stdout = await run([
      ...npm,
      ...["pack", directory, "--json", `--pack-destination=${temporary}`],
    ], offline(join(temporary, "cache")));
    // An object by names from npm 12 on.
    const [packed] = Object.values(JSON.parse(stdout)) as Packed[];
    return new NpmPackage(temporary, packed!);
  }

  /** Its package.json. */
  async manifest(): Promise<Manifest> {
    return JSON.parse(
      await Deno.readTextFile(join(this.directory, "package.json")),
    );
  }

  /** Installs it into a new project, by `npm` or by Bun. */
  async installBy(tool: "npm" | { bun: string }): Promise<Project> {
    const project = await Deno.makeTempDir({
      dir: this.#temporary,
      prefix: "project-",
    });
    const tarball = join(this.#temporary, this.packed.filename);
    await Deno.writeTextFile(
      join(project, "package.json"),
      JSON.stringify({ private: true, type: "module" }),
    );
    await run(
      tool === "npm"
        ? [...npm, "install", `--prefix=${project}`, tarball]
        : [tool.bun, "add", `--cwd=${project}`, tarball],
      offline(join(project, "cache")),
    );
    return new Project(project);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#temporary, { recursive: true });
  }
}

/** What is looked at of a package.json. */
export interface Manifest {
  readonly bin?: Record<string, string>;
  readonly dependencies?: unknown;
  readonly exports: Record<string, string | Record<string, string>>;
  readonly peerDependencies: Record<string, string>;
  readonly peerDependenciesMeta: Record<string, { optional: boolean }>;
}

/** A project that has the package, and what is linked into it. */
export class Project {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  /** The names in its node_modules, but for what tools keep for themselves. */
  async installed(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(this.path("node_modules"))) {
      if (!name.startsWith(".")) names.push(name);
    }
    return names;
  }

  /** Has it find a package where the repository has it. */
  async link(name: string): Promise<void> {
    const path = this.path("node_modules", name);
    await Deno.mkdir(join(path, ".."), { recursive: true });
    await Deno.symlink(join(root, "node_modules", name), path, {
      type: "junction", // On Windows a symlink takes a privilege.
    });
  }

  /** Runs npm in it. */
  async npm(...args: string[]): Promise<string> {
    return await run(
      [...npm, `--prefix=${this.directory}`, ...args],
      offline(this.path("cache")),
    );
  }

  /** Type checks its files; gives what the compiler says of them. */
  async check(
    files: readonly string[],
    compilerOptions: Record<string, unknown>,
  ): Promise<string> {
    const options = {
      ...{ noEmit: true, target: "es2022", strict: true, skipLibCheck: false },
      ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      typeRoots: [join(root, "node_modules/@types")],
      ...compilerOptions,
    };
    const path = this.path("tsconfig.json");
    await Deno.writeTextFile(
      path,
      JSON.stringify({ compilerOptions: options, files }),
    );
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { code, stdout, stderr } = await outputOf([
      ...["node", tsc, "--project", path],
    ]);
    return code === 0
      ? stdout
      : `${stdout}${stderr}` || `It ended with ${code}`;
  }
}

async function run(
  command: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { code, stdout, stderr } = await outputOf(command, {
    env: { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...env },
  });
  assert.equal(code, 0, `${command.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}
