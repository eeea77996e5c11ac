import { type Block, blocksOf, spansOf } from "./markdown_blocks.ts";

/** A page of docs/errors/, as far as those pages go: text, lists, tables, code. */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="prose">
      {blocksOf(text).map((block, index) => <OneBlock key={index} block={block} />)}
    </div>
  );
}

function OneBlock({ block }: { block: Block }) {
  if (block.kind === "text") {
    return (
      <p>
        <Line text={block.text} />
      </p>
    );
  }
  if (block.kind === "code") {
    return <pre className="json" tabIndex={0} role="region" aria-label="Code">{block.text}</pre>;
  }
  if (block.kind === "list") {
    return (
      <ul>
        {block.items.map((item) => (
          <li key={item}>
            <Line text={item} />
          </li>
        ))}
      </ul>
    );
  }
  return (
    <table className="table">
      <thead>
        <tr>
          {block.header.map((cell) => (
            <th key={cell} scope="col">
              <Line text={cell} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {block.rows.map((row) => (
          <tr key={row.join()}>
            {row.map((cell) => (
              <td key={cell} className="wrap">
                <Line text={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Line({ text }: { text: string }) {
  return spansOf(text).map(({ kind, text }, index) => {
    if (kind === "strong") return <strong key={index}>{text}</strong>;
    if (kind === "code") return <code key={index}>{text}</code>;
    return text;
  });
}
