import type { OrgSettings } from "../org/settings.ts";

/** A text as it is kept: without spaces at its ends and with line feeds alone, unless switched. */
export function savedText(text: string, { trimsText, lineEnds }: OrgSettings): string {
  const ended = lineEnds === "lf" ? text.replaceAll(/\r\n?/g, "\n") : text;
  return trimsText ? ended.trim() : ended;
}
