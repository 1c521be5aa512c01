// The pages of the documentation: their code blocks, headings and links.

import { existsSync } from "node:fs";

export const ROOT: URL = new URL("../", import.meta.url);

/** A fenced code block. */
export interface Block {
  /** The page, from the root of the repository. */
  readonly page: string;
  /** The number of the line that opens it. */
  readonly line: number;
  /** The first word behind the fence, or `""`. */
  readonly language: string;
  /** The words behind that one: `ignore`, the name of a file. */
  readonly words: readonly string[];
  readonly text: string;
}

/** A link, an image, or what an HTML attribute names. */
export interface Link {
  readonly page: string;
  readonly line: number;
  readonly target: string;
}

/** Where a block stands, for people. */
export const placeOf = ({ page, line }: { page: string; line: number }) =>
  `${page}:${line}`;

/** README.md and all pages under docs/. */
export function documentation(): string[] {
  return ["README.md", ...pagesUnder("docs/")];
}

/** All pages under a folder, in the order of their names. */
export function pagesUnder(folder: string): string[] {
  const pages: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    // What is installed or built, and what Git or an editor keeps.
    if (/^(node_modules|dist|coverage|\..*)$/.test(name)) continue;
    if (isDirectory) pages.push(...pagesUnder(`${folder}${name}/`));
    else if (name.endsWith(".md")) pages.push(`${folder}${name}`);
  }
  return pages.map((page) => page.replace(/^\.\//, "")).sort();
}

/** The text of a page. */
export const textOf = (page: string): Promise<string> =>
  Deno.readTextFile(new URL(page, ROOT));

/** What is at a path from the root of the repository. */
export const isThere = (path: string): boolean =>
  existsSync(new URL(path, ROOT));

const FENCE = /^ *(```+|~~~+) *(.*)$/;

/** The code blocks of a text. */
export function blocksIn(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: { fence: string; info: string; line: number } | undefined;
  let lines: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const [, fence = "", info = ""] = line.match(FENCE) ?? [];
    if (!open) {
      if (fence) open = { fence, info, line: index + 1 };
    } else if (fence.startsWith(open.fence) && info === "") {
      const [language = "", ...words] = open.info.split(/\s+/);
      blocks.push({
        page,
        line: open.line,
        language,
        words,
        text: lines.join("\n"),
      });
      open = undefined;
      lines = [];
    } else {
      lines.push(line);
    }
  }
  if (open) throw new Error(`${page}:${open.line} is never closed`);
  return blocks;
}

/** The code blocks of pages. */
export async function blocksOf(pages: readonly string[]): Promise<Block[]> {
  const blocks = pages.map(async (page) => blocksIn(page, await textOf(page)));
  return (await Promise.all(blocks)).flat();
}

/** The text without its code blocks; lines stay where they are. */
function prose(text: string): string[] {
  let fence = "";
  return text.split("\n").map((line) => {
    const [, mark = ""] = line.match(FENCE) ?? [];
    if (fence === "") {
      fence = mark;
      return mark ? "" : line;
    }
    if (mark.startsWith(fence)) fence = "";
    return "";
  });
}

/** The anchors that GitHub gives the headings of a text. */
export function anchorsIn(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const line of prose(text)) {
    for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) {
      anchors.add(id!);
    }
    const [, heading] = line.match(/^#{1,6} +(.*?) *#*$/) ?? [];
    if (heading === undefined) continue;
    const slug = heading
      .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
      .replaceAll(" ", "-");
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The links of a text, those in code left out. */
export function linksIn(page: string, text: string): Link[] {
  return prose(text).flatMap((line, index) => {
    const words = line.replaceAll(/`[^`]*`/g, "``");
    const targets = [
      ...words.matchAll(/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g),
      ...words.matchAll(/^\[[^\]]+\]: *<?([^\s>]+)/g),
      ...words.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g),
    ];
    return targets.map(([, target]) => ({
      page,
      line: index + 1,
      target: target!,
    }));
  });
}

/** What stands between backticks in the lines of a text, code blocks left out. */
export function codeIn(page: string, text: string): Link[] {
  return prose(text).flatMap((line, index) =>
    [...line.matchAll(/`([^`]+)`/g)].map(([, target]) => ({
      page,
      line: index + 1,
      target: target!,
    }))
  );
}
