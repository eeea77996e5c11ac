import { linkTo } from "../route/route.ts";
import { Table } from "./table.tsx";
import {
  leadsTo,
  type MarkdownBlock,
  markdownBlocks,
  type MarkdownSpan,
  pagesIn,
  spansOf,
} from "./markdown_blocks.ts";

/** A page of docs/, as far as those pages go: text, lists, tables, code. `page` is its own name, from which its links lead. */
export function Markdown({ text, page }: { text: string; page: string }) {
  return (
    <div className="prose">
      {markdownBlocks(text).map((block, index) => <OneBlock key={index} block={block} page={page} />)}
    </div>
  );
}

function OneBlock({ block, page }: { block: MarkdownBlock; page: string }) {
  if (block.kind === "heading") return <h2>{block.text}</h2>;
  if (block.kind === "text") {
    return (
      <p>
        <Line text={block.text} page={page} />
      </p>
    );
  }
  if (block.kind === "code") {
    return (
      <pre className="json" tabIndex={0} role="region" aria-label="Code">
        {block.text}
      </pre>
    );
  }
  if (block.kind === "list") {
    return (
      <ul>
        {block.items.map((item) => (
          <li key={item}>
            <Line text={item} page={page} />
          </li>
        ))}
      </ul>
    );
  }
  return (
    <Table
      caption="From the documentation"
      columns={block.header.map((header, index) => ({
        header: header || String(index),
        className: "wrap",
        cell: (row: string[]) => <Line text={row[index] ?? ""} page={page} />,
      }))}
      rows={block.rows}
      rowKey={(row) => row.join()}
    />
  );
}

function Line({ text, page }: { text: string; page: string }) {
  return spansOf(text).map((span, index) => <Words key={index} span={span} page={page} />);
}

function Words({ span: { kind, text, to }, page }: { span: MarkdownSpan; page: string }) {
  if (kind === "strong") return <strong>{text}</strong>;
  if (kind === "code") return <code>{text}</code>;
  const leads = kind === "link" ? leadsTo(page, to ?? "") : null;
  if (leads === null) return text;
  return "page" in leads
    ? <a href={linkTo("docs", leads.page)}>{text}</a>
    : (
      <a href={leads.href} target="_blank" rel="noreferrer">
        {text}
      </a>
    );
}

/** A message, in which the pages that it names can be opened. */
export function MessageText({ text }: { text: string }) {
  return pagesIn(text).map((part, index) =>
    "text" in part ? <span key={index}>{part.text}</span> : (
      <a key={index} href={linkTo("docs", part.page)}>
        {part.page.split("/").at(-1)}
      </a>
    )
  );
}
