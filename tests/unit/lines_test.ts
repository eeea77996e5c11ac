import { assertEquals } from "@std/assert";
import {
  heldLinesText,
  linesText,
  productIdsIn,
  withRows,
} from "../../supabase/functions/_shared/mapping/lines.ts";
import { readRecord } from "../../supabase/functions/_shared/mapping/read.ts";

const product = (code: string) => ({ code, name: code });
const ids = new Map([["CT-A", "11"], ["CT-B", "12"]]);
const lines = [
  { product: product("CT-A"), quantity: 2, price: 99.5, description: "per month" },
  { product: product("CT-B"), quantity: 1, price: 0, description: "once-off" },
];
const text = linesText(lines, ids);

/** A row as Zoho answers it, with what we do not read. */
const held = (id: string, productId = "11", price = 99.5) => ({
  id,
  Product_Name: { id: productId, name: "A" },
  Quantity: 2,
  List_Price: price,
  Description: "per month",
  Total: 199,
  Line_Tax: [],
});

Deno.test("our own rows as Zoho returns them read as the text they were sent from", () => {
  const fields = withRows({ Quoted_Items: text }, "Quoted_Items", undefined);
  const rows = (Array.isArray(fields.Quoted_Items) ? fields.Quoted_Items : [])
    .map((row, index) => ({ ...row, id: String(index), Sequence_Number: index + 1 }));
  assertEquals(heldLinesText(rows), text);
  assertEquals(readRecord(["Quoted_Items"], { Quoted_Items: rows }), { Quoted_Items: text });
});

Deno.test("a price, a quantity, a description and the order each make a difference", () => {
  for (
    const change of [{ price: 1 }, { quantity: 9 }, { description: "else" }, { product: product("CT-B") }]
  ) {
    const [first, ...rest] = lines;
    if (!first) throw new Error("no line");
    assertEquals(linesText([{ ...first, ...change }, ...rest], ids) === text, false);
  }
  assertEquals(linesText(lines.toReversed(), ids) === text, false);
});

Deno.test("a new record's rows have no ids", () => {
  assertEquals(withRows({ Subject: "Q", Quoted_Items: text }, "Quoted_Items", undefined), {
    Subject: "Q",
    Quoted_Items: [
      { Product_Name: { id: "11" }, Quantity: 2, List_Price: 99.5, Description: "per month", Line_Tax: [] },
      { Product_Name: { id: "12" }, Quantity: 1, List_Price: 0, Description: "once-off", Line_Tax: [] },
    ],
  });
});

Deno.test("rows carry no tax where the setting leaves it to the org", () => {
  const { Quoted_Items: rows } = withRows({ Quoted_Items: text }, "Quoted_Items", [held("901")], "leave");
  assertEquals(JSON.stringify(rows).includes("Line_Tax"), false);
  assertEquals(Array.isArray(rows) && rows.length, 3);
});

Deno.test("existing rows are changed by their ids", () => {
  const { Quoted_Items: rows } = withRows({ Quoted_Items: text }, "Quoted_Items", [held("901"), held("902")]);
  assertEquals(rows, [
    {
      id: "901",
      Product_Name: { id: "11" },
      Quantity: 2,
      List_Price: 99.5,
      Description: "per month",
      Line_Tax: [],
    },
    {
      id: "902",
      Product_Name: { id: "12" },
      Quantity: 1,
      List_Price: 0,
      Description: "once-off",
      Line_Tax: [],
    },
  ]);
});

Deno.test("rows are never only added: the last existing one is replaced, so that a repeat is refused", () => {
  const { Quoted_Items: rows } = withRows({ Quoted_Items: text }, "Quoted_Items", [held("901")]);
  assertEquals(rows, [
    { Product_Name: { id: "11" }, Quantity: 2, List_Price: 99.5, Description: "per month", Line_Tax: [] },
    { Product_Name: { id: "12" }, Quantity: 1, List_Price: 0, Description: "once-off", Line_Tax: [] },
    { id: "901", _delete: null },
  ]);
});

Deno.test("surplus rows are deleted by their ids", () => {
  const { Quoted_Items: rows } = withRows({ Quoted_Items: text }, "Quoted_Items", [
    held("901"),
    held("902"),
    held("903"),
    held("904"),
  ]);
  assertEquals(Array.isArray(rows) && rows.slice(2), [
    { id: "903", _delete: null },
    { id: "904", _delete: null },
  ]);
});

Deno.test("fields without line items are sent as they are", () => {
  assertEquals(withRows({ Subject: "Q" }, "Quoted_Items", [held("901")]), { Subject: "Q" });
  assertEquals(withRows({ Quoted_Items: text }, null, []), { Quoted_Items: text });
});

Deno.test("the Products of a line text are listed", () => {
  assertEquals(productIdsIn(text), ["11", "12"]);
});

Deno.test("invalid rows and an empty field yield no rows", () => {
  assertEquals(heldLinesText([null, "row", { id: 7 }]), "[]");
  assertEquals(heldLinesText(null), "[]");
});

Deno.test("a price with a third decimal is sent with two, whatever the org keeps of it", () => {
  const [first] = lines;
  if (!first) throw new Error("no line");
  assertEquals(linesText([{ ...first, price: 10.005 }], ids), linesText([{ ...first, price: 10.01 }], ids));
  assertEquals(linesText([{ ...first, price: -0.333 }], ids), linesText([{ ...first, price: -0.33 }], ids));
});
