import { assertEquals } from "@std/assert";
import { inChunks } from "../../supabase/functions/_shared/platform/chunks.ts";

Deno.test("a list is split in order into runs of at most the size", () => {
  assertEquals(inChunks([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
  assertEquals(inChunks([1, 2], 2), [[1, 2]]);
});

Deno.test("an empty list has no run, so no call is made for it", () => {
  assertEquals(inChunks([], 100), []);
});
