// What was meant, probably, by a word that nobody knows.

/** The known word that is nearest, if it is near enough to be a slip. */
export function suggestionFor(
  word: string,
  known: Iterable<string>,
): string | undefined {
  let best: string | undefined;
  // A third of it may be wrong: of `subb` a letter, of `timestamp` three.
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const one of known) {
    const distance = one.startsWith(word) && word.length > 1
      ? 1
      : editDistance(word, one);
    if (distance < least) [best, least] = [one, distance];
  }
  return best;
}

/** Letters to insert, leave out, change, or swap with the next one. */
export function editDistance(a: string, b: string): number {
  let [before, last] = [[] as number[], [] as number[]];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    [before, last] = [last, row];
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let cost = Math.min(
        last[j]! + 1,
        row[j - 1]! + 1,
        last[j - 1]! + (isSame ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1);
      }
      row.push(cost);
    }
  }
  return row[b.length]!;
}
