import { assertEquals } from "@std/assert";
import { contactProjection } from "../../supabase/functions/_shared/mapping/contact.ts";
import type { Customer } from "../../supabase/functions/_shared/mapping/contact.ts";

const good: Customer = {
  id: "b1b6a3a4-3b0b-4a7c-8a55-6b1f6c1f8d03",
  first_name: "Thandi",
  last_name: "Nkosi",
  email: "thandi@example.co.za",
  business_name: "Karoo Traders",
};

Deno.test("a Contact has first name, last name, e-mail and the customer's id and nothing else", () => {
  assertEquals(contactProjection(good), {
    First_Name: "Thandi",
    Last_Name: "Nkosi",
    Email: "thandi@example.co.za",
    Customer_Reference: good.id,
  });
});

Deno.test("other columns of the row are not sent", () => {
  const wide = { ...good, phone: "+27 82 000 0000", id_number: "8001015009087", address: "1 Long Street" };
  assertEquals(Object.keys(contactProjection(wide)).sort(), [
    "Customer_Reference",
    "Email",
    "First_Name",
    "Last_Name",
  ]);
});

Deno.test("spaces around a value are dropped", () => {
  const padded = { ...good, first_name: " Thandi ", last_name: "\tNkosi", email: " thandi@example.co.za\n" };
  assertEquals(contactProjection(padded), contactProjection(good));
});

Deno.test("a customer without a first name has none in Zoho", () => {
  assertEquals(contactProjection({ ...good, first_name: " " }).First_Name, null);
});

Deno.test("Zoho's mandatory last name is the first name, else the e-mail, when there is none", () => {
  assertEquals(contactProjection({ ...good, last_name: " " }).Last_Name, "Thandi");
  assertEquals(
    contactProjection({ ...good, last_name: "", first_name: "" }).Last_Name,
    "thandi@example.co.za",
  );
});

Deno.test("an empty e-mail is sent as empty, never as a text that all such customers would share", () => {
  assertEquals(contactProjection({ ...good, email: " " }).Email, null);
});
