// CHANGELOG.md, in the form of Keep a Changelog: what is said of each version.

/** What is said of one version. */
export interface ChangelogSection {
  readonly version: string;
  /** `2026-11-28`; `undefined` as long as it is not released. */
  readonly date: string | undefined;
  /** Markdown, without the heading. */
  readonly text: string;
}

/** The sections of a changelog, the newest first. */
export function sectionsOf(changelog: string): ChangelogSection[] {
  const [, ...parts] = changelog.split(/^## /m);
  return parts.map((part) => {
    const [heading = "", ...lines] = part.split("\n");
    const { version, date } = HEADING.exec(heading)?.groups ?? {};
    if (version === undefined) {
      throw new SyntaxError(
        `Cannot read the changelog: heading ${heading} is neither` +
          ` 1.2.3 - 2026-11-28 nor 1.2.3 - Unreleased`,
      );
    }
    return { version, date, text: lines.join("\n").trim() };
  });
}

const HEADING =
  /^(?<version>\d+\.\d+\.\d+\S*) - (?:Unreleased|(?<date>\d{4}-\d\d-\d\d))$/;

/**
 * Markdown without the breaks inside of its paragraphs, which the page of a
 * release would show.
 */
export function unwrapped(markdown: string): string {
  const parts = markdown.split(/(^ *```[^]*?^ *```$)/m); // Every other is code.
  return parts.map((part, index) => index % 2 === 1 ? part : joined(part))
    .join("");
}

function joined(text: string): string {
  return text.replaceAll(/(?<=\S)\n *(?![-*+] |[#|>\s]|\d+\. )/g, " ");
}
