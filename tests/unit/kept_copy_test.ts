import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { KEPT_COPIES_VARIABLE, keptCopy } from "../../local/kept_copy.ts";

Deno.test("making a copy removes the draft of a process that was killed, and not that of one that lives", async () => {
  const folder = await Deno.makeTempDir({ prefix: "kept-copies-" });
  const before = Deno.env.get(KEPT_COPIES_VARIABLE);
  Deno.env.set(KEPT_COPIES_VARIABLE, folder);
  try {
    const killed = new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).spawn();
    await killed.status;
    const drafts = [`circletel-stack-draft-${killed.pid}-a`, `circletel-stack-draft-${Deno.pid}-b`];
    for (const draft of drafts) await Deno.mkdir(join(folder, draft, "lib"), { recursive: true });
    const copy = await keptCopy("x", (draft) => Deno.writeTextFile(join(draft, "file"), "1"));
    const left = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assertEquals(left.toSorted(), [drafts[1], copy.slice(folder.length + 1)].toSorted());
  } finally {
    if (before === undefined) Deno.env.delete(KEPT_COPIES_VARIABLE);
    else Deno.env.set(KEPT_COPIES_VARIABLE, before);
    await Deno.remove(folder, { recursive: true });
  }
});
