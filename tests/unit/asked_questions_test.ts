import { assertEquals } from "@std/assert";
import { maskedTheirs } from "../../supabase/functions/_shared/sync/records/asked_questions.ts";

// What a log row and a question may keep of a value that a person typed in Zoho.

const ours = '[["1",2,100,"per month, 24 months"],["2",1,50,"once-off"]]';

Deno.test("a line's description typed in Zoho is masked, and what CircleTel says of its lines is not", () => {
  const theirs = '[["1",3,100,"per month, 24 months"],["2",1,50,"for Thandi Nkosi, 082 555 0101"]]';
  assertEquals(
    maskedTheirs("Quoted_Items", theirs, ours),
    '[["1",3,100,"per month, 24 months"],["2",1,50,"f…"]]',
  );
});

Deno.test("a text that is no list of lines, and an empty one, are masked as they are", () => {
  assertEquals(maskedTheirs("Invoiced_Items", null, ours), null);
  assertEquals(maskedTheirs("Deal_Name", "Thandi's fibre", "Contract CT-1"), "T…");
  assertEquals(maskedTheirs("Amount", 5, 6), 5);
});

Deno.test("a text where lines are due keeps nothing", () => {
  assertEquals(maskedTheirs("Quoted_Items", "for Thandi", ours), "[]");
});
