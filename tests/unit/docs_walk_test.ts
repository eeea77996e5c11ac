import { assert, assertEquals } from "@std/assert";
import { importGraph, root } from "../support/import_graph.ts";

const page = Deno.readTextFileSync(new URL("docs/architecture.md", root));
const functions = "supabase/functions/";
const graph = importGraph([functions.slice(0, -1)]);

/** The files of a walk, in order. */
function stepsOf(title: string): string[] {
  const text = page.slice(page.indexOf(title)).split("\n\n").find((each) => /^1\. /.test(each)) ?? "";
  return [...text.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path = ""]) =>
    path.endsWith("index.ts") ? functions + path : `${functions}_shared/${path}`
  );
}

const walks = [
  { title: "**A contract's id, out and back.**", most: 25 },
  { title: "**A webhook, in.**", most: 10 },
];

for (const { title, most } of walks) {
  const steps = stepsOf(title);

  Deno.test(`the walk "${title.replaceAll("*", "")}" has at most ${most} files, all of which exist`, () => {
    assert(steps.length > 5 && steps.length <= most, `${steps.length}`);
    assertEquals(steps.filter((file) => !graph.has(file)), []);
  });

  Deno.test(`each file of the walk "${title.replaceAll("*", "")}" is imported by one before it`, () => {
    const strays = steps.filter((file, at) =>
      at > 0 && !steps.slice(0, at).some((before) => graph.get(before)?.includes(file))
    );
    assertEquals(strays, []);
  });
}

Deno.test("the picture of the rooms names every room of the functions, and no other", () => {
  const block = /^## Rooms\n\n```\n([^]*?)\n```/m.exec(page)?.[1] ?? "";
  const named = [...block.matchAll(/^ {2}(\w+)\/ /gm)].map(([, room]) => room);
  const rooms = [...Deno.readDirSync(new URL(`${functions}_shared/`, root))].map(({ name }) => name);
  assertEquals(named.toSorted(), rooms.sort());
});
