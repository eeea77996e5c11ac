import { useEffect, useState } from "react";
import { Markdown } from "../../ui/markdown.tsx";
import { Overlay } from "../../ui/overlay.tsx";
import { Loading } from "../../ui/states.tsx";

/** The pages of docs/errors/, one small file each, loaded when somebody asks for it. */
const pages = import.meta.glob<string>(
  ["../../../../docs/errors/*.md", "!../../../../docs/errors/README.md"],
  {
    query: "?raw",
    import: "default",
  },
);

function loaderOf(code: string): (() => Promise<string>) | undefined {
  return pages[`../../../../docs/errors/${code}.md`] ?? pages["../../../../docs/errors/UNKNOWN_CODE.md"];
}

export function hasErrorPage(code: string): boolean {
  return loaderOf(code) !== undefined;
}

/** What an error means, what it costs and how to mend it. */
export function ErrorPage({ code, onClose }: { code: string; onClose: () => void }) {
  const [text, setText] = useState<string>();
  useEffect(() => {
    loaderOf(code)?.().then(setText, () => setText("The page could not be loaded; reload and try again."));
  }, [code]);
  return (
    <Overlay kind="sheet" title={code} onClose={onClose}>
      {text === undefined ? <Loading what="the page" /> : <Markdown text={text} />}
    </Overlay>
  );
}
