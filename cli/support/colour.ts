/** Escape sequences of the few colours that a report needs. */
const codes = { red: 31, green: 32, yellow: 33, grey: 90, bold: 1 } as const;
export type Colour = keyof typeof codes;

/** Colours on a terminal only: a log file or a pipe gets the words alone (no-color.org has the variable). */
export function coloursOf(isTerminal: boolean, noColor: string | undefined) {
  const isOn = isTerminal && !noColor;
  return (colour: Colour, text: string): string => isOn ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text;
}

export const paint = coloursOf(Deno.stdout.isTerminal(), Deno.env.get("NO_COLOR"));
