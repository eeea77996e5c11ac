import { assert, assertEquals } from "@std/assert";
import { contactProjection } from "../../supabase/functions/_shared/mapping/contact.ts";
import { maskFields, maskText } from "../../supabase/functions/_shared/mapping/mask.ts";

Deno.test("a text keeps its first letter, and an e-mail one on either side", () => {
  assertEquals(maskText("Thandi"), "T…");
  assertEquals(maskText("thandi@example.co.za"), "t…@e…");
  assertEquals(maskText(""), "…");
});

Deno.test("names and e-mail are masked and everything else stays as sent", () => {
  const fields = {
    First_Name: "Thandi",
    Last_Name: "Nkosi",
    Full_Name: "Thandi Nkosi",
    Email: "thandi@example.co.za",
    Account_Name: { id: "4000000000011" },
    Amount: 47976.5,
    KYC_Status: "Completed",
    Risk_Tier: null,
  };
  assertEquals(maskFields(fields), {
    ...fields,
    First_Name: "T…",
    Last_Name: "N…",
    Full_Name: "T…",
    Email: "t…@e…",
  });
});

Deno.test("an empty personal field stays empty", () => {
  assertEquals(maskFields({ First_Name: null }), { First_Name: null });
});

Deno.test("masking does not change its input", () => {
  const fields = { Email: "thandi@example.co.za" };
  maskFields(fields);
  assertEquals(fields, { Email: "thandi@example.co.za" });
});

Deno.test("no field of a Contact is readable in a log row", () => {
  const masked = JSON.stringify(maskFields(contactProjection({
    id: "b1b6a3a4-3b0b-4a7c-8a55-6b1f6c1f8d03",
    first_name: "Thandi",
    last_name: "Nkosi",
    email: "thandi@example.co.za",
    business_name: null,
  })));
  for (const part of ["handi", "kosi", "xample"]) assert(!masked.includes(part), part);
});

Deno.test("a mask never contains half a character, for which Postgres would refuse the whole batch", () => {
  for (const name of ["𠮷田", "😀", "𐐷𐐷@𐐷.example"]) assert(maskText(name).isWellFormed(), name);
});
