// How many inputs every property has had, and how fast.

interface Count {
  inputs: number;
  seconds: number;
}

const number = (value: number) => Math.round(value).toLocaleString("en");

/** Inputs by property. */
export class Tally {
  readonly #counts = new Map<string, Count>();

  add(name: string, inputs: number, seconds: number): void {
    const count = this.#counts.get(name) ?? { inputs: 0, seconds: 0 };
    count.inputs += inputs;
    count.seconds += seconds;
    this.#counts.set(name, count);
  }

  /** All inputs. */
  get total(): number {
    let total = 0;
    for (const { inputs } of this.#counts.values()) total += inputs;
    return total;
  }

  /** Lines of a table, the total last. */
  table(): string[] {
    const rows = [["property", "inputs", "inputs/s"]];
    let seconds = 0;
    for (const [name, count] of this.#counts) {
      seconds += count.seconds;
      const rate = number(count.inputs / count.seconds);
      rows.push([name, number(count.inputs), rate]);
    }
    const rate = seconds > 0 ? this.total / seconds : 0;
    rows.push(["total", number(this.total), number(rate)]);
    const widths = [0, 1, 2].map((column) =>
      Math.max(...rows.map((row) => row[column]!.length))
    );
    return rows.map(([name = "", ...numbers]) =>
      [
        name.padEnd(widths[0]!),
        ...numbers.map((one, i) => one.padStart(widths[i + 1]!)),
      ].join("  ")
    );
  }

  /** One line of where it stands. */
  line(name: string, elapsed: number): string {
    return `${number(elapsed)} s, ${number(this.total)} inputs: ${name}`;
  }
}
