import { useEffect, useState } from "react";
import { linkTo } from "../../route/route.ts";
import type { PageProps } from "../../shell/page_props.ts";
import { Markdown } from "../../ui/markdown.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { Empty, Loading } from "../../ui/states.tsx";
import { loaderOf, pageNamed } from "./pages.ts";

/** One page of docs/: what an error means, how a thing is set up. */
export function DocsPage({ route: { rest } }: PageProps) {
  const asked = rest || "operate";
  const name = pageNamed(asked);
  return (
    <PageLayout title={titleOf(asked)} lead="From the documentation of this project">
      {loaderOf(name)
        ? (
          <section className="card card-body">
            <DocsText key={name} name={name} />
          </section>
        )
        : (
          <Empty icon="search" title="The documentation has no such page">
            <a href={linkTo("docs", "operate")}>Open “Operate”</a>
          </Empty>
        )}
    </PageLayout>
  );
}

/** The text of a page, loaded when it is shown. */
export function DocsText({ name }: { name: string }) {
  const [text, setText] = useState<string>();
  useEffect(() => {
    loaderOf(name)?.().then(setText, () => setText("The page could not be loaded; reload and try again."));
  }, [name]);
  return text === undefined ? <Loading what="the page" /> : <Markdown text={text} page={name} />;
}

function titleOf(name: string): string {
  const last = name.split("/").at(-1) ?? name;
  return /^[A-Z0-9_]+$/.test(last) ? last : last.charAt(0).toUpperCase() + last.slice(1).replaceAll("-", " ");
}
