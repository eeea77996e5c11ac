import { assertEquals } from "@std/assert";
import { searchTermOf } from "../../supabase/functions/_shared/admin/search_term.ts";

const id = "5725767000000412001";
const cases: [typed: string, words: string[], zohoId: string | null][] = [
  ["CT-2026-205", ["ct-2026-205"], null],
  ["  Karoo   Traders ", ["karoo", "traders"], null],
  [id, [id], id],
  [`https://crm.zoho.com/crm/org20061234567/tab/Potentials/${id}`, [], id],
  [`https://crm.zoho.eu/crm/EntityInfo.do?module=Contacts&id=${id}&submodule=`, [], id],
  ["https://example.co.za/", [], null],
  ["100%_\\", ["100"], null],
  ["", [], null],
  ["a b c d e f g h i j", ["a", "b", "c", "d", "e", "f", "g", "h"], null],
];

Deno.test("searchTermOf() splits words and finds the record of a pasted link", () => {
  for (const [typed, words, zohoId] of cases) assertEquals(searchTermOf(typed), { words, zohoId }, typed);
});
