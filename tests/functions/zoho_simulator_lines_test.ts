import { assertEquals } from "@std/assert";
import { MINUTE } from "../../supabase/functions/_shared/platform/duration.ts";
import { type JsonObject } from "../../local/zoho/core/json.ts";
import { type TestZoho, withZoho } from "../../local/zoho/testing.ts";

// The modules of line items: read for many records at once, written through their records only.

async function quotesWith(
  zoho: TestZoho,
  prices: number[][],
): Promise<{ product: string; quotes: string[] }> {
  const product = await zoho.insert("Products", { Product_Name: "Fibre 100" });
  const quotes: string[] = [];
  for (const [index, own] of prices.entries()) {
    const Quoted_Items = own.map((price) => ({
      Product_Name: { id: product },
      Quantity: 1,
      List_Price: price,
      Description: `row of ${price}`,
    }));
    quotes.push(await zoho.insert("Quotes", { Subject: `Q${index}`, Quoted_Items }));
  }
  return { product, quotes };
}

const rowsOf = async (zoho: TestZoho, quotes: string[], columns = "Parent_Id, List_Price", more = "") => {
  const ids = quotes.map((id) => `'${id}'`).join(", ");
  return await zoho.coql(
    `select ${columns} from Quoted_Items where Parent_Id in (${ids}) order by id asc limit 200${more}`,
  );
};

const withoutId = ({ id: _, ...rest }: JsonObject) => rest;

Deno.test(
  "a query reads the rows of many records, each with its record, its Product as an id and its place",
  withZoho(async (zoho) => {
    const { product, quotes: [first = "", second = ""] } = await quotesWith(zoho, [[1, 2], [3], [4]]);
    const columns = "Parent_Id, Product_Name, Quantity, List_Price, Description, Sequence_Number";
    const { items } = await rowsOf(zoho, [first, second], columns);
    const row = (parent: string, price: number, place: number): JsonObject => ({
      Parent_Id: { id: parent },
      Product_Name: { id: product },
      Quantity: 1,
      List_Price: price,
      Description: `row of ${price}`,
      Sequence_Number: place,
    });
    assertEquals(items.map(withoutId), [row(first, 1, 1), row(first, 2, 2), row(second, 3, 1)]);
    const own = (await zoho.control.record("Quotes", first)).Quoted_Items;
    assertEquals(
      Array.isArray(own) && own.map((line) => Object(line).id),
      items.slice(0, 2).map(({ id }) => id),
    );
    await zoho.control.changeSettings({ lineLookups: "id" });
    const bare = await rowsOf(zoho, [second], "Parent_Id, Product_Name");
    assertEquals(bare.items.map(withoutId), [{ Parent_Id: second, Product_Name: product }]);
  }),
);

Deno.test(
  "a list and a single read show rows, too, and no call writes them",
  withZoho(async (zoho) => {
    const { quotes: [quote = ""] } = await quotesWith(zoho, [[1, 2]]);
    const list = await zoho.call("GET", "Quoted_Items?fields=Parent_Id,List_Price&sort_order=asc");
    assertEquals(
      list.items.map(withoutId),
      [1, 2].map((price) => ({
        Parent_Id: { name: "Q0", id: quote },
        List_Price: price,
      })),
    );
    const id = String(list.items[0]?.id);
    assertEquals((await zoho.call("GET", `Quoted_Items/${id}`)).items[0]?.List_Price, 1);
    assertEquals((await zoho.call("GET", "Quoted_Items")).code, "REQUIRED_PARAM_MISSING");
    const data = [{ id, List_Price: 5 }];
    for (
      const [method, path] of [["POST", ""], ["PUT", ""], ["PUT", `/${id}`], ["DELETE", `/${id}`]] as const
    ) {
      assertEquals((await zoho.call(method, `Quoted_Items${path}`, { data })).code, "INVALID_MODULE", method);
    }
    assertEquals((await zoho.call("GET", "Quoted_Items/search?word=fibre")).code, "INVALID_MODULE");
  }),
);

Deno.test(
  "rows go on after the last id where a page ends, and go with their record",
  withZoho(async (zoho) => {
    await zoho.control.changeSettings({ coqlBrackets: "pairwise" });
    const { quotes: [quote = ""] } = await quotesWith(zoho, [[1, 2, 3]]);
    const page = (after: string) =>
      zoho.coql(
        `select List_Price from Quoted_Items where (Parent_Id in ('${quote}') and id > '${after}') order by id asc limit 2`,
      );
    const first = await page("0");
    assertEquals(first.items.map(({ List_Price }) => List_Price), [1, 2]);
    assertEquals((await page(String(first.items.at(-1)?.id))).items.map(({ List_Price }) => List_Price), [3]);
    await zoho.control.delete("Quotes", quote);
    assertEquals((await page("0")).status, 204);
  }),
);

Deno.test(
  "an org may have no module of lines, lack a column of it, or forbid it",
  withZoho(async (zoho) => {
    const { quotes } = await quotesWith(zoho, [[1]]);
    await zoho.control.changeSettings({ lineColumnsHidden: ["Sequence_Number"] });
    assertEquals((await rowsOf(zoho, quotes, "Sequence_Number")).code, "INVALID_QUERY");
    assertEquals((await rowsOf(zoho, quotes)).status, 200);
    for (const noPermission of [["Quoted_Items"], ["Quotes"]]) {
      await zoho.control.changeSettings({ noPermission });
      assertEquals((await rowsOf(zoho, quotes)).code, "NO_PERMISSION");
      assertEquals((await zoho.call("GET", "Quoted_Items?fields=id")).code, "NO_PERMISSION");
    }
    await zoho.control.changeSettings({ noPermission: [], lineModules: "hidden" });
    assertEquals((await rowsOf(zoho, quotes)).code, "INVALID_QUERY");
    assertEquals((await zoho.call("GET", "Quoted_Items?fields=id")).code, "INVALID_MODULE");
  }),
);

Deno.test(
  "a query sees a change of rows at once, or only when the search index does",
  withZoho(async (zoho) => {
    const { product, quotes: [quote = ""] } = await quotesWith(zoho, [[1]]);
    await zoho.control.changeSettings({ indexLagMs: MINUTE, coqlFreshness: "indexed" });
    const Quoted_Items = [{ Product_Name: { id: product }, Quantity: 1, List_Price: 2 }];
    await zoho.call("PUT", `Quotes/${quote}`, { data: [{ Quoted_Items }] });
    const prices = async () => (await rowsOf(zoho, [quote])).items.map(({ List_Price }) => List_Price);
    assertEquals(await prices(), [1]);
    await zoho.control.changeSettings({ coqlFreshness: "committed" });
    assertEquals(await prices(), [1, 2]);
  }),
);
