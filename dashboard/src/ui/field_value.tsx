import type { LinkNames, ShownValue } from "../api/answers.ts";
import { ZohoRecordLink } from "./places.tsx";
import { valueText } from "./words.ts";

/** A value; a lookup by its record's name, where that is known, with its id beside it. */
export function Value({ value, names = {} }: { value: ShownValue | undefined; names?: LinkNames }) {
  if (Array.isArray(value)) return <Lines lines={value} names={names} />;
  const id = lookupId(value);
  if (id !== null) {
    const known = names[id];
    return known
      ? <ZohoRecordLink zohoType={known.zohoType} id={id} name={known.name} />
      : <span className="wrap">{id}</span>;
  }
  const text = valueText(value);
  return text === "" ? <span className="quiet">empty</span> : <span className="wrap">{text}</span>;
}

function lookupId(value: ShownValue | undefined): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return null;
  }
  return typeof value.id === "string" && Object.keys(value).length === 1 ? value.id : null;
}

/** Line items, one line each: what and how much. */
function Lines({ lines, names }: { lines: ShownValue[]; names: LinkNames }) {
  if (lines.length === 0) return <span className="quiet">no lines</span>;
  return (
    <ol className="lines">
      {lines.map((line, index) => <li key={index}>{lineText(line, names)}</li>)}
    </ol>
  );
}

function lineText(line: ShownValue, names: LinkNames): string {
  if (typeof line !== "object" || line === null || Array.isArray(line)) {
    return valueText(line);
  }
  return Object.entries(line)
    .filter(([name, value]) => name !== "id" && value !== null)
    .map(([name, value]) => {
      const id = lookupId(value);
      return id === null ? `${name.replaceAll("_", " ")} ${valueText(value)}` : (names[id]?.name ?? id);
    })
    .join(" · ");
}

export function JsonBlock({ value, label }: { value: unknown; label: string }) {
  // It can be scrolled, so the keyboard must reach it.
  return (
    <pre className="json" tabIndex={0} role="region" aria-label={label}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}
