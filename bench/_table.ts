// Tables of Markdown.

/** @param aligned A letter for each column: `l` or `r`. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  aligned: string,
): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = [...aligned].map((letter) => letter === "r" ? "--:" : "---");
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}
