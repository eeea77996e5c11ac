import { assertEquals, assertStringIncludes } from "@std/assert";
import { sell } from "../support/sale.ts";
import { settled } from "../support/queue.ts";
import { seriousIn } from "./axe.ts";
import { heading, openPageContext, type PageContext, visitAsAdmin } from "./context.ts";

// What a person may ask for under POPIA, on the page of their record: a file of what is held, and the erasure.

let context: PageContext;
Deno.test.beforeAll(async () => {
  context = await openPageContext();
});
Deno.test.afterAll(() => context.stop());

for (const width of [390, 1280]) {
  Deno.test(`a customer is found by name, exported and erased at ${width} px, and is not found again`, async () => {
    const { sql } = context.stack;
    await sql`update public.zoho_sync_state set synced_types = '{contract,customer}'`;
    const name = `Umkhumbuzo ${width}`;
    const { contract, customer } = await sell(context.stack, {
      customer: { last_name: name, account_type: "personal", business_name: null },
    });
    await settled(context.stack, contract);
    const id = String(customer?.id);
    const options = { viewport: { width, height: 844 }, acceptDownloads: true };
    await visitAsAdmin(context, options, async ({ page }) => {
      const find = async () => {
        await page.keyboard.press("/");
        await page.keyboard.type(name.toLowerCase());
      };
      await find();
      await page.getByRole("option", { name: new RegExp(`^Thandi ${name}`) }).click();
      await heading(page, `Customer ${id.slice(0, 8)}…`).waitFor();
      const card = page.getByRole("region", { name: "Personal data" });
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        card.getByRole("button", { name: "Export" }).click(),
      ]);
      assertEquals(download.suggestedFilename(), `customer-${id}.json`);
      assertStringIncludes(await Deno.readTextFile(await download.path()), name);

      await card.getByRole("button", { name: "Erase" }).click();
      const dialog = page.getByRole("dialog", { name: "Erase this person?" });
      await dialog.getByText("This cannot be undone").waitFor();
      assertEquals(await seriousIn(page), []);
      await dialog.getByRole("button", { name: "Erase" }).click();
      await page.getByText(/The person is erased; \d+ rows named them\./).waitFor();
      await card.getByText("nothing of this person is sent to Zoho or searched").waitFor();
      assertEquals(await card.getByRole("button", { name: "Erase" }).count(), 0);
      assertEquals(await page.getByRole("button", { name: "Link again" }).count(), 0);
      await page.getByText("erased the person from the tables of the sync").first().waitFor();
      await page.getByRole("region", { name: "A person was erased here; their records are still in Zoho" })
        .waitFor();
      assertEquals(await seriousIn(page), []);
      const wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      assertEquals(wide, 0, "the page overflows sideways");

      await find();
      await page.getByText(`Nothing found for “${name.toLowerCase()}”`).waitFor();
    });
    const acts =
      await sql`select action from public.zoho_admin_actions where details ->> 'id' = ${id} order by id`;
    assertEquals(acts.map(({ action }) => action), ["export person", "erase person"]);
  });
}
