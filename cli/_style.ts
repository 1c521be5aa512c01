// Colours of a terminal: few, of the sixteen that its owner has chosen, so that
// they can be read on a light ground and on a dark one.

const CODES = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  magenta: 35,
  cyan: 36,
} as const;

/** A way to set off a text. */
export type Look = keyof typeof CODES;

/** Puts colours around texts, or leaves them as they are. */
export class Style {
  readonly isOn: boolean;

  constructor(isOn: boolean) {
    this.isOn = isOn;
  }

  paint(text: string, ...looks: readonly Look[]): string {
    if (!this.isOn || text === "" || looks.length === 0) return text;
    const codes = looks.map((look) => CODES[look]).join(";");
    return `\x1b[${codes}m${text}\x1b[0m`;
  }
}
