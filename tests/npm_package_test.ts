// The package for npm, packed and installed into projects that have nothing else:
// it runs in Node.js and Bun, and compilers understand its types.

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import development from "../package.json" with { type: "json" };
import { foldersOf, importsOf } from "../tools/_npm_modules.ts";
import { buildScripts } from "./_build.ts";
import { number0 } from "./_iroh.ts";
import { NpmPackage, type Project } from "./_npm_package.ts";
import { outputOf } from "./_output.ts";
import { type Runtime, runtimes, Script } from "./_runtimes.ts";

Deno.test.sanitizer({ ops: true, resources: true });

/** Of the tarball: what comes in by mistake is more than what is ever written. */
const MAX_BYTES = 800_000;

const node = runtimes.find(({ name }) => name === "Node.js")!;
const installing = runtimes.filter(({ name }) => name !== "Deno");

/** The scripts, and the packages that each is to find. */
const scripts: Record<string, { links: string[]; unavailable?: string }> = {
  "runtimes/in_process": { links: [] },
  "npm/framing": { links: [] },
  "runtimes/worker": { links: [] },
  "runtimes/websocket": { links: ["ws"] },
  "runtimes/iroh": { ...number0, links: ["@number0/iroh"] },
};

let library: NpmPackage;
const projects = new Map<Runtime, Project>();

Deno.test.beforeAll(async () => {
  if (node.unavailable !== undefined) return;
  library = await NpmPackage.make();
  for (const runtime of installing) {
    if (runtime.unavailable !== undefined) continue;
    const [bun = ""] = runtime.command;
    const project = await library
      .installBy(runtime === node ? "npm" : { bun });
    projects.set(runtime, project);
    await buildScripts(
      [...Object.keys(scripts), "runtimes/worker_thread"].map((name) =>
        fileURLToPath(new URL(`./${name}.ts`, import.meta.url))
      ),
      project.directory,
    );
  }
});
Deno.test.afterAll(async () => await library?.[Symbol.asyncDispose]());

/** A test that needs npm. */
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: node.unavailable !== undefined, fn });
}

test("the package holds what its exports lead to, and documents", async () => {
  const { packed, directory } = library;
  const paths = packed.files.map(({ path }) => path);
  const others = paths.filter((path) => !/\.(js|d\.ts|js\.map)$/.test(path));
  assert.deepEqual(
    others.toSorted(),
    ["CHANGELOG.md", "LICENSE", "README.md", "package.json"],
  );
  const { exports } = await library.manifest();
  for (const name of Object.keys(config.exports)) {
    const entry = exports[name];
    assert(typeof entry === "object", name);
    assert.deepEqual(Object.keys(entry), ["types", "default"]);
    for (const path of Object.values(entry)) {
      assert(paths.includes(path.slice("./".length)), path);
    }
  }
  const missing: string[] = [];
  for (const path of paths.filter((path) => !path.endsWith(".map"))) {
    if (!/\.(js|ts)$/.test(path)) continue;
    const text = await Deno.readTextFile(join(directory, path));
    for (const specifier of importsOf(text)) {
      const url = new URL(specifier, `file:///${path}`).pathname.slice(1);
      const found = specifier.startsWith(".")
        ? paths.includes(
          path.endsWith(".d.ts") ? url.replace(/\.js$/, ".d.ts") : url,
        )
        : specifier.startsWith("node:");
      if (!found) missing.push(`${path} imports ${specifier}`);
    }
    for (const folder of foldersOf(text)) {
      const files = paths.filter((path) => `./${path}`.startsWith(folder));
      assert(files.length > 1, `${path} finds its modules in ${folder}`);
    }
  }
  assert.deepEqual(missing, []);
  console.log(
    `${packed.filename}: ${packed.size} bytes, ${paths.length} files,` +
      ` ${packed.unpackedSize} bytes unpacked`,
  );
  assert(packed.size <= MAX_BYTES, `${packed.size} bytes`);
});

test("the package needs nothing, and takes what the tests run with", async () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = await library
    .manifest();
  assert.equal(dependencies, undefined);
  const tested: Record<string, string> = {
    ...development.devDependencies,
    // Its main package is not there for every platform that it has builds for.
    "@rayhanadev/iroh":
      development.optionalDependencies["@rayhanadev/iroh-linux-x64-gnu"],
  };
  for (const [name, range] of Object.entries(peerDependencies)) {
    assert.deepEqual(peerDependenciesMeta[name], { optional: true }, name);
    const version = tested[name];
    assert(version !== undefined, `${name} is tested`);
    assert(isIn(version, range), `${name}: ${version} is in ${range}`);
  }
  for (const project of projects.values()) {
    assert.deepEqual(await project.installed(), ["@alkdev"]);
  }
});

test("two builds are the same", async () => {
  await using again = await NpmPackage.make();
  const sizes = new Map(
    library.packed.files.map(({ path, size }) => [path, size]),
  );
  const others = again.packed.files
    .filter(({ path, size }) => sizes.get(path) !== size);
  assert.deepEqual(others, []);
  assert.equal(again.packed.integrity, library.packed.integrity);
});

test("publint has nothing to say", async () => {
  const publint = fileURLToPath(
    new URL("../node_modules/publint/src/cli.js", import.meta.url),
  );
  const { code, stdout, stderr } = await outputOf([
    ...["node", publint, "run", library.directory],
    ...["--strict", "--pack=false", "--level=suggestion"],
  ], { env: { NO_COLOR: "1" } });
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /All good!/, stdout);
});

for (const runtime of installing) {
  for (const [name, { links, unavailable }] of Object.entries(scripts)) {
    const missing = node.unavailable ?? runtime.unavailable ?? unavailable;
    Deno.test({
      name: `tests/${name}.ts runs in ${runtime.name} with the package`,
      ignore: missing !== undefined,
      async fn() {
        const project = projects.get(runtime)!;
        for (const link of links) await project.link(link);
        const path = project.path(`${name.replace(/.*\//, "")}.js`);
        await using script = new Script(runtime, path);
        const { code, stdout, stderr } = await script.end();
        assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, stdout);
        assert.match(stdout, /^(ok .+\n)+done\n$/);
      },
    });
  }
}

test("npx finds the command", async () => {
  const help = await projects.get(node)!.npm("exec", "alkpubsub", "help");
  assert.match(help, /\balkpubsub\b/);
});

for (const runtime of installing) {
  const missing = node.unavailable ?? runtime.unavailable;
  Deno.test({
    name: `the command runs in ${runtime.name}`,
    ignore: missing !== undefined,
    async fn() {
      const { bin } = await library.manifest();
      const file = projects.get(runtime)!
        .path("node_modules", config.name, bin!.alkpubsub!);
      const { code, stdout, stderr } = await outputOf(
        [...runtime.command, file, "--version"],
        { env: { NO_COLOR: "1" } },
      );
      const said = { code, stdout, stderr };
      const version = `${config.version}\n`;
      assert.deepEqual(said, { code: 0, stdout: version, stderr: "" });
    },
  });
}

const nodeNext = { module: "nodenext", moduleResolution: "nodenext" };

/** Compilers, as consumers set them up. */
const compilers: Record<string, Record<string, unknown>> = {
  "a bundler, with the DOM": {
    ...{ module: "esnext", moduleResolution: "bundler" },
    ...{ lib: ["es2022", "dom"], types: [] },
  },
  "Node.js, with the DOM": {
    ...nodeNext,
    ...{ lib: ["es2022", "dom"], types: [] },
  },
  "Node.js, without the DOM": {
    ...nodeNext,
    ...{ lib: ["es2022"], types: ["node"] },
  },
};

for (const [name, options] of Object.entries(compilers)) {
  test(`types: ${name}`, async () => {
    const project = projects.get(node)!;
    await Deno.copyFile(
      new URL("./npm/consumer.ts", import.meta.url),
      project.path("consumer.ts"),
    );
    const names = Object.keys(config.exports).map((name) =>
      JSON.stringify(config.name + name.slice(1))
    );
    await Deno.writeTextFile(
      project.path("exports.ts"),
      names.map((name, index) => `export * as _${index} from ${name};\n`)
        .join(""),
    );
    const files = ["consumer.ts", "exports.ts"];
    assert.equal(await project.check(files, options), "");
  });
}

/** Whether a version is in a range that begins with `>=`. */
function isIn(version: string, range: string): boolean {
  const [have, want] = [version, range.replace(/^>=/, "")]
    .map((text) => text.split(".").map(Number));
  for (let index = 0; index < want!.length; index++) {
    const difference = have![index]! - want![index]!;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
