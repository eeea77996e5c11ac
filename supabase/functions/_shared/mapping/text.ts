/** At most so many UTF-16 units, never half a character: Postgres refuses the whole batch for a lone surrogate. */
export function cutText(text: string, longest: number): string {
  const cut = text.slice(0, longest);
  return cut.isWellFormed() ? cut : cut.slice(0, -1);
}
