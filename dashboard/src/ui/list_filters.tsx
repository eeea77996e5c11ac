import { type SubmitEvent, useState } from "react";
import { linkTo } from "../route/route.ts";
import { replace } from "../route/use_route.ts";
import { spanOf, spans } from "../say/span.ts";
import { Button } from "./button.tsx";
import { CsvButton } from "./csv_button.tsx";
import { Time } from "./time.tsx";

/** What a list is narrowed to; it is kept in the address. */
export interface ListQuery {
  status: string;
  text: string;
  /** "24h", or a span of its own in from and to. */
  span: string;
  from: string;
  to: string;
}

export function listQueryOf(query: URLSearchParams): ListQuery {
  const given = (name: string) => query.get(name) ?? "";
  return {
    status: given("status"),
    text: given("text"),
    span: given("span"),
    from: given("from"),
    to: given("to"),
  };
}

/** The parameters of the list's own route. */
export function parametersOf({ status, text, span, from, to }: ListQuery, nowMs: number): URLSearchParams {
  const ago = spanOf(span, nowMs);
  const all = { status, text, from: from || (ago.from ?? ""), to: to || (ago.to ?? "") };
  return new URLSearchParams(Object.entries(all).filter(([, value]) => value));
}

interface Props {
  /** The page's name in the address. */
  page: string;
  query: ListQuery;
  statuses: readonly (readonly [value: string, text: string])[];
  /** "/attempts.csv": the same list as a file. */
  csv: string;
}

/** Filters of a log: what came of it, text, time; and the list as a file. */
export function ListFilters({ page, query, statuses, csv }: Props) {
  const [text, setText] = useState(query.text);
  const change = (changes: Partial<ListQuery>) => replace(linkTo(page, "", { ...query, ...changes }));

  function submit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    change({ text: text.trim() });
  }

  return (
    <form className="row filters" role="search" aria-label="Filters of the list" onSubmit={submit}>
      <label>
        <span className="hidden-text">What came of it</span>
        <select
          className="select"
          value={query.status}
          onChange={(event) => change({ status: event.target.value })}
        >
          {statuses.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
        </select>
      </label>
      <label>
        <span className="hidden-text">When</span>
        <select
          className="select"
          value={query.from ? "own" : query.span}
          onChange={(event) => change({ span: event.target.value, from: "", to: "" })}
        >
          {query.from && <option value="own">{query.to ? "One hour" : "Since then"}</option>}
          {spans.map(([value, word]) => <option key={value} value={value}>{word}</option>)}
        </select>
      </label>
      <label>
        <span className="hidden-text">Text</span>
        <input
          className="input"
          type="search"
          placeholder="Number, id or code"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <Button type="submit" small icon="search">Filter</Button>
      <CsvButton path={() => `${csv}?${parametersOf(query, Date.now())}`} />
      {query.from && (
        <span className="light">
          <Time at={query.from} /> to <Time at={query.to} none="now" />
        </span>
      )}
    </form>
  );
}
