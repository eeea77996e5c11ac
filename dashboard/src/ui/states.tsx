import type { ReactNode } from "react";
import { isUnreachable, sentenceOf } from "../api/error.ts";
import type { Live } from "../live/use_live.ts";
import { Button } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

export function Empty({
  icon = "check",
  title,
  children,
}: {
  icon?: IconName;
  title: string;
  children?: ReactNode;
}) {
  return (
    <div className="empty">
      <Icon name={icon} size={22} />
      <strong>{title}</strong>
      {children && <div>{children}</div>}
    </div>
  );
}

export function Loading({ what, lines = 5 }: { what: string; lines?: number }) {
  return (
    <div className="skeleton" role="status">
      <b className="hidden-text">{`Loading ${what}`}</b>
      {Array.from({ length: lines }, (_, line) => <span key={line} aria-hidden="true" />)}
    </div>
  );
}

/** What went wrong, and a way to try again. */
export function ErrorNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <div className="empty" role="alert">
      <Icon name="cross" size={22} />
      <strong>{isUnreachable(error) ? "No answer from the project" : "This could not be shown"}</strong>
      <div>{sentenceOf(error)}</div>
      {onRetry && (
        <Button icon="retry" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A reading in each of its states: loading, failed without anything to show, or the answer. */
export function WhenLoaded<T>({
  live,
  what,
  lines,
  children,
}: {
  live: Live<T>;
  what: string;
  lines?: number;
  children: (data: T) => ReactNode;
}) {
  if (live.data !== undefined) return children(live.data);
  if (live.error !== undefined) {
    return <ErrorNote error={live.error} onRetry={live.refresh} />;
  }
  return <Loading what={what} {...(lines !== undefined && { lines })} />;
}
