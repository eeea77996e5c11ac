interface Props {
  label: string;
  /** "" is everything. */
  options: readonly (readonly [value: string, text: string])[];
  value: string;
  onChange: (value: string) => void;
}

/** A filter: pressed buttons rather than tabs, since they change what is listed and not where one is. */
export function Filter({ label, options, value, onChange }: Props) {
  return (
    <div className="tabs" role="group" aria-label={label}>
      {options.map(([option, text]) => (
        <button
          key={option}
          type="button"
          className="button small ghost"
          aria-pressed={option === value}
          onClick={() => onChange(option)}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
