// The sources as JavaScript and declarations, by TypeScript's own compiler: a
// module of npm for each of the library, beside its types and its source map.

import { fileURLToPath } from "node:url";
import ts from "typescript";

/** Texts by their paths in the package: `mod.js`, `mod.d.ts`, `mod.js.map`. */
export type Files = Map<string, string>;

const root = fileURLToPath(new URL("../", import.meta.url))
  .replaceAll("\\", "/");

/**
 * Types are checked by `deno check`, with the globals of Deno that some modules
 * look for; whether the declarations hold elsewhere is for a consumer to tell.
 */
const options: ts.CompilerOptions = {
  declaration: true,
  inlineSources: true,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  newLine: ts.NewLineKind.LineFeed,
  noCheck: true,
  noEmitOnError: true,
  outDir: root,
  resolveJsonModule: true,
  rootDir: root,
  sourceMap: true,
  strict: true,
  // What Node.js 20 and the browsers since 2022 run as it stands.
  target: ts.ScriptTarget.ES2022,
  types: [],
  verbatimModuleSyntax: true,
};

/**
 * Compiles modules and all that they import.
 *
 * @param entries Their paths from the root of the repository: `mod.ts`.
 * @throws {Error} When one cannot be read, parsed or resolved.
 */
export function compile(entries: readonly string[]): Files {
  const files: Files = new Map();
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  // package.json of the repository is for its tools; the modules are of npm's.
  host.readFile = (path) =>
    path === `${root}package.json` ? '{"type":"module"}' : readFile(path);
  const program = ts.createProgram(
    entries.map((entry) => root + entry),
    options,
    host,
  );
  const { diagnostics } = program.emit(undefined, (path, text) => {
    files.set(path.slice(root.length), text);
  });
  const faults = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (faults.length > 0) {
    throw new Error(
      `Cannot compile for npm: ${ts.formatDiagnostics(faults, host)}`,
    );
  }
  for (const [path, text] of files) {
    if (/\.[jt]s$/.test(path)) files.set(path, portable(path, text));
    for (const folder of foldersOf(text)) addFolder(files, folder);
  }
  const needed = new Set([
    ...reachable(files, entries.map((entry) => named(entry, ".js"))),
    ...reachable(files, entries.map((entry) => named(entry, ".d.ts"))),
  ]);
  for (const path of files.keys()) {
    if (!needed.has(path.replace(/\.map$/, ""))) files.delete(path);
  }
  return files;
}

/** What a module or its declarations import, as it stands there. */
export function importsOf(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles
    .map(({ fileName }) => fileName);
}

/**
 * Folders that a module imports from by a template, as `./built/${name}.js` does:
 * their modules are JavaScript already.
 */
export function foldersOf(text: string): string[] {
  return [...text.matchAll(/\bimport\(\s*`(\.\/[^`$]*\/)\$\{/g)]
    .map(([, folder = ""]) => folder);
}

function addFolder(files: Files, folder: string): void {
  for (const { name } of Deno.readDirSync(root + folder)) {
    const path = folder.slice("./".length) + name;
    if (name.endsWith(".js")) files.set(path, ts.sys.readFile(root + path)!);
  }
}

/** A module, or its declarations, as any runtime and any consumer reads it. */
function portable(path: string, text: string): string {
  let result = text;
  // From the last on, so that the places of the others hold. In a line nothing
  // moves: the source map holds, too. (The compiler's own way leaves declarations
  // as they are, and hides templates from bundlers.)
  const { importedFiles } = ts.preProcessFile(text, true, true);
  for (const { fileName, pos } of importedFiles.toReversed()) {
    if (!/^\.\.?\/.*\.ts$/.test(fileName)) continue;
    const start = pos + 1; // behind the quote
    result = result.slice(0, start) + fileName.replace(/\.ts$/, ".js") +
      result.slice(start + fileName.length);
  }
  // In ES2022 with the DOM there is none of it, and a directive in a source
  // would keep JSR from taking it.
  return isDeclaration(path) && DISPOSABLE.test(result)
    ? `/// <reference lib="esnext.disposable" />\n${result}`
    : result;
}

const DISPOSABLE = /\b(?:Async)?Disposable\b|\bSymbol\.(?:asyncD|d)ispose\b/;

/**
 * What files import, and what that imports. There are declarations that none of
 * the public ones leads to, and modules of nothing but types.
 */
function reachable(files: Files, from: readonly string[]): Set<string> {
  const reached = new Set(from);
  const isTypes = from.some(isDeclaration);
  for (const path of reached) {
    const text = files.get(path);
    if (text === undefined) throw new Error(`Cannot find ${path}`);
    for (const specifier of importsOf(text)) {
      if (!specifier.startsWith(".")) continue;
      const imported = new URL(specifier, `file:///${path}`).pathname.slice(1);
      reached.add(isTypes ? imported.replace(/\.js$/, ".d.ts") : imported);
    }
    for (const folder of foldersOf(text)) {
      const prefix = folder.slice("./".length);
      for (const other of files.keys()) {
        if (other.startsWith(prefix)) reached.add(other);
      }
    }
  }
  return reached;
}

function named(entry: string, extension: string): string {
  return entry.replace(/\.ts$/, extension);
}

function isDeclaration(path: string): boolean {
  return path.endsWith(".d.ts");
}
