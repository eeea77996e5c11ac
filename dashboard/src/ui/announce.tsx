import { useSyncExternalStore } from "react";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

interface Toast {
  id: number;
  text: string;
  tone: "good" | "bad";
  /** Takes the act back. */
  undo?: (() => void) | undefined;
}

/** Long enough to be read; a fault stays longer. */
const SHOWN_MS = { good: 6_000, bad: 12_000 };
const UNDO_SHOWN_MS = 20_000;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(changed: readonly Toast[]): void {
  toasts = changed;
  for (const listener of listeners) listener();
}

/** Says a result, to the eye and to a screen reader. */
export function announce(text: string, tone: Toast["tone"] = "good", undo?: () => void): void {
  const id = ++lastId;
  set([...toasts.slice(-3), { id, text, tone, undo }]);
  setTimeout(() => dismiss(id), undo ? UNDO_SHOWN_MS : SHOWN_MS[tone]);
}

function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The live region: it is there before anything is said, or the first words would be lost. */
export function Announcements() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite" aria-label="Results">
      {shown.map(({ id, text, tone, undo }) => (
        <div key={id} className={`toast ${tone}`}>
          <Icon name={tone === "good" ? "check" : "cross"} />
          <span>{text}</span>
          {undo && (
            <Button
              small
              onClick={() => {
                dismiss(id);
                undo();
              }}
            >
              Undo
            </Button>
          )}
        </div>
      ))}
    </div>
  );
}
