import { assertEquals, assertRejects } from "@std/assert";
import { ZohoCallError } from "../../supabase/functions/_shared/zoho/faults.ts";
import { readDeletions, readPage } from "../../supabase/functions/_shared/zoho/pages.ts";
import { clientOf, coqlOf, ListeningZoho } from "./listening_zoho.ts";

const walk = { module: "Deals", fields: ["Stage", "Amount"], since: null };

function records(from: number, count: number) {
  return Array.from({ length: count }, (_, index) => ({ id: String(from + index), Stage: "Closed Won" }));
}

Deno.test("a walk goes by id with the page token of the page before", async () => {
  await using zoho = new ListeningZoho(() =>
    Response.json({ data: records(1, 200), info: { more_records: true, next_page_token: "t1" } })
  );
  const first = await readPage(clientOf(zoho), walk, null);
  assertEquals(first.next, { token: "t1", lastId: "200" });
  await readPage(clientOf(zoho), walk, first.next);
  const [one, two] = zoho.heard.map(({ query }) => query);
  assertEquals(one, {
    fields: "Stage,Amount",
    per_page: "200",
    sort_by: "id",
    sort_order: "asc",
  });
  assertEquals([two?.page_token, two?.page], ["t1", undefined]);
});

for (const code of ["PAGINATION_LIMIT_EXCEEDED", "EXPIRED_VALUE", "TOKEN_BOUND_DATA_MISMATCH"]) {
  Deno.test(`after ${code} COQL goes on behind the last id`, async () => {
    await using zoho = new ListeningZoho(({ path }) =>
      path.endsWith("/coql")
        ? Response.json({ data: records(201, 200) })
        : Response.json({ code, details: {}, message: "x", status: "error" }, { status: 400 })
    );
    const page = await readPage(clientOf(zoho), walk, { token: "t1", lastId: "200" });
    assertEquals(page.next, { token: null, lastId: "400" });
    assertEquals(
      coqlOf(zoho.heard.at(-1)),
      "select id, Stage, Amount from Deals where id > '200' order by id asc limit 200",
    );
    await readPage(clientOf(zoho), walk, page.next);
    assertEquals(zoho.heard.length, 3);
  });
}

Deno.test("any other refusal is returned to the caller", async () => {
  await using zoho = new ListeningZoho(() =>
    Response.json({ code: "NO_PERMISSION", details: {}, message: "x", status: "error" }, { status: 403 })
  );
  await assertRejects(() => readPage(clientOf(zoho), walk, { token: "t", lastId: "1" }), ZohoCallError);
  await assertRejects(() => readPage(clientOf(zoho), walk, null), ZohoCallError);
});

Deno.test("a short page of COQL is the last one", async () => {
  await using zoho = new ListeningZoho(() => Response.json({ data: records(201, 3) }));
  assertEquals((await readPage(clientOf(zoho), walk, { token: null, lastId: "200" })).next, null);
});

Deno.test("changes since a time are requested in whole seconds with an offset, in lists and in COQL", async () => {
  await using zoho = new ListeningZoho(() => new Response(null, { status: 304 }));
  const since = new Date("2026-11-23T10:00:00.789Z");
  assertEquals(await readPage(clientOf(zoho), { ...walk, since }, null), { records: [], next: null });
  assertEquals(zoho.heard[0]?.headers.get("if-modified-since"), "2026-11-23T10:00:00+00:00");
  await using empty = new ListeningZoho(() => new Response(null, { status: 204 }));
  await readPage(clientOf(empty), { ...walk, since }, { token: null, lastId: "7" });
  assertEquals(
    coqlOf(empty.heard[0]),
    "select id, Stage, Amount from Deals where id > '7' and Modified_Time >= '2026-11-23T10:00:00+00:00' " +
      "order by id asc limit 200",
  );
});

Deno.test("deletions of both kinds are read page by page", async () => {
  await using zoho = new ListeningZoho(() =>
    Response.json({
      data: [{ id: "1", deleted_time: "2026-11-23T12:00:00+02:00", type: "recycle" }, { id: "2" }],
      info: { more_records: true },
    })
  );
  assertEquals(await readDeletions(clientOf(zoho), "Deals", null, 3), {
    deletions: [{ id: "1", deletedAt: "2026-11-23T12:00:00+02:00" }, { id: "2", deletedAt: null }],
    hasMore: true,
  });
  const [heard] = zoho.heard;
  assertEquals(heard?.path.endsWith("/Deals/deleted"), true);
  assertEquals(heard?.query, { type: "all", per_page: "200", page: "3" });
});
