import { type ReactNode, useId } from "react";

interface Props {
  title: string;
  note?: ReactNode;
  aside?: ReactNode;
  foot?: ReactNode;
  /** The body brings its own edges, as a table does. */
  flush?: boolean;
  children: ReactNode;
}

export function Card({ title, note, aside, foot, flush, children }: Props) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <div className="card-head">
        <div>
          <h2 id={id}>{title}</h2>
          {note && <p>{note}</p>}
        </div>
        {aside && <div className="row">{aside}</div>}
      </div>
      <div className={flush ? undefined : "card-body"}>{children}</div>
      {foot && <div className="card-foot">{foot}</div>}
    </section>
  );
}

export function Tile({
  label,
  value,
  note,
  tone,
  to,
}: {
  label: string;
  value: ReactNode;
  note?: ReactNode;
  tone?: "good" | "warn" | "bad" | "neutral";
  /** The list behind the number. */
  to?: string;
}) {
  return (
    <div className="tile">
      <dt>{to ? <a href={to}>{label}</a> : label}</dt>
      <dd className={`tile-value ${tone ?? ""}`}>{value}</dd>
      {note && <dd className="tile-note">{note}</dd>}
    </div>
  );
}

export function Tiles({ label, children }: { label: string; children: ReactNode }) {
  return (
    <dl className="grid tiles" aria-label={label}>
      {children}
    </dl>
  );
}

/** Lines of a name and its value; what is undefined is left out. */
export function FactList({ rows }: { rows: Record<string, ReactNode> }) {
  return (
    <dl className="facts">
      {Object.entries(rows)
        .filter(([, value]) => value !== undefined)
        .map(([label, value]) => (
          <div key={label} className="contents">
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
