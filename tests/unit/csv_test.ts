import { assertEquals } from "@std/assert";
import { parseCsv, toCsv } from "../../supabase/functions/_shared/zoho/csv.ts";

const rows = [
  ["Deal_Name", "Account_Name", "Amount"],
  ["Contract CT-1", "Smith, Nkosi & Sons", "1000"],
  ['The "Karoo" Trust', "two\r\nlines", ""],
  ["", "", "0"],
];

Deno.test("what is written is read back: commas, quotes, line ends, empty cells", () => {
  assertEquals(parseCsv(toCsv(rows)), rows);
});

Deno.test("a byte order mark, bare line ends, empty lines and a missing last line end do no harm", () => {
  assertEquals(parseCsv("\uFEFFa,b\n1,2\n\n3,\n"), [["a", "b"], ["1", "2"], ["3", ""]]);
  assertEquals(parseCsv("a,b\r\n1,2"), [["a", "b"], ["1", "2"]]);
  assertEquals(parseCsv(""), []);
});
