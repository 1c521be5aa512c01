// What is printed meanwhile.

/** The lines that `console.log` is given while something is done. */
export async function printedBy(
  action: () => Promise<unknown>,
): Promise<string[]> {
  const { log } = console;
  const lines: string[] = [];
  console.log = (...values: unknown[]) => {
    const words = values.map((value) =>
      typeof value === "string" ? value : Deno.inspect(value)
    );
    lines.push(words.join(" "));
  };
  try {
    await action();
  } finally {
    console.log = log;
  }
  return lines;
}
