import { assert, assertEquals } from "@std/assert";
import { allPages, anchorsOf, type DocPage, proseOf } from "../support/docs/pages.ts";
import { faultOfLink, fileOf, linksOf } from "../support/docs/links.ts";

const pages = allPages();

Deno.test("every link of the docs leads to an existing file or heading", () => {
  assert(pages.length > 100, "the pages were not found");
  const broken = pages.flatMap((page) =>
    linksOf(page).flatMap((link) => {
      const fault = faultOfLink(page, link);
      return fault === null ? [] : [`${page.path}: ${link}: ${fault}`];
    })
  );
  assertEquals(broken, []);
});

Deno.test("every page of docs is reached by links from the README", () => {
  const byPath = new Map(pages.map((page) => [page.path, page]));
  const reached = new Set(["README.md"]);
  for (const path of reached) {
    const page = byPath.get(path);
    if (page === undefined) continue;
    for (const link of linksOf(page)) {
      const file = fileOf(page, link).replace(/\/$/, "");
      reached.add(byPath.has(`${file}/README.md`) ? `${file}/README.md` : file);
    }
  }
  const lost = pages.map(({ path }) => path).filter((path) => path.startsWith("docs/") && !reached.has(path));
  assertEquals(lost, []);
});

Deno.test("a link to a missing heading is found, one in a code span or a block is not", () => {
  const page = (text: string): DocPage => ({ path: "docs/README.md", text });
  assertEquals(faultOfLink(page("# A start\n"), "#a-start"), null);
  assertEquals(faultOfLink(page("# A start\n"), "#an-end"), "there is no such heading");
  assertEquals(faultOfLink(page(""), "gone.md"), "there is no such file");
  assertEquals(linksOf(page("`[a](b.md)`\n\n```md\n[c](d.md)\n```\n\n[e](f.md#g) [h](https://i.example)")), [
    "f.md#g",
  ]);
  assertEquals(anchorsOf("# What `db push` does, and why\n```\n# none\n```\n"), [
    "what-db-push-does-and-why",
  ]);
  assertEquals(proseOf("a\n  ```sh\n  b\n  ```\nc"), "a\n\nc");
});
