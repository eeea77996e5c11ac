const HOUR_MS = 3_600_000;

const choices: readonly (readonly [value: string, text: string, hours: number | null])[] = [
  ["", "until a person ends it", null],
  ["0.25", "for 15 minutes", 0.25],
  ["1", "for an hour", 1],
  ["8", "for 8 hours", 8],
  ["24", "for a day", 24],
];

/** How long a pause or a hold lasts. */
export function UntilSelect(
  { id, value, onChange }: { id: string; value: string; onChange: (value: string) => void },
) {
  return (
    <select id={id} className="select" value={value} onChange={(event) => onChange(event.target.value)}>
      {choices.map(([choice, text]) => <option key={choice} value={choice}>{text}</option>)}
    </select>
  );
}

/** The moment that a choice means, from now; undefined where it has no end. */
export function untilOf(value: string): string | undefined {
  const hours = choices.find(([choice]) => choice === value)?.[2];
  return hours == null ? undefined : new Date(Date.now() + hours * HOUR_MS).toISOString();
}
