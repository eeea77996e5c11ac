import type { FieldValue } from "../api/answers.ts";
import { valueText } from "./words.ts";

export function Value({ value }: { value: FieldValue | undefined }) {
  const text = valueText(value);
  return text === "" ? <span className="quiet">empty</span> : <span className="wrap">{text}</span>;
}

export function Json({ value, label }: { value: unknown; label: string }) {
  // It can be scrolled, so the keyboard must reach it.
  return (
    <pre className="json" tabIndex={0} role="region" aria-label={label}>
      {JSON.stringify(value, null, 2)}
    </pre>
  );
}
