import { assertEquals } from "@std/assert";
import { mostOften } from "../../supabase/functions/_shared/sync/links/survivors.ts";

// Which record a merge left, by what the records that pointed to the lost one point to now.

Deno.test("the survivor is the record that most others point to; a tie always gives the same one", () => {
  assertEquals(mostOften([]), null);
  assertEquals(mostOften(["2"]), "2");
  assertEquals(mostOften(["3", "2", "3"]), "3", "a seller moved one by hand");
  assertEquals(mostOften(["3", "2"]), mostOften(["2", "3"]));
});
