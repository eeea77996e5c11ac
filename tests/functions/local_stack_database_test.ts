import { assertEquals, assertRejects } from "@std/assert";
import { asRole, withDatabase } from "../support/database.ts";
import { insertBusiness } from "../support/fixtures.ts";
import { migrate, MigrationError } from "../../local/migrate.ts";

Deno.test("a test database has every migration, and a second run applies nothing", async () => {
  await withDatabase("plain", async (_sql, database) => {
    assertEquals(await migrate(database.url), []);
  });
});

Deno.test("the fixtures make a whole business", async () => {
  for (const kind of ["plain", "stack"] as const) {
    await withDatabase(kind, async (sql) => {
      const { contract, quote } = await insertBusiness(sql, { contract: { status: "active" } });
      assertEquals(contract.status, "active");
      assertEquals(contract.quote_id, quote.id);
    });
  }
});

Deno.test("a new table is granted to no role, as on the platform", async () => {
  await withDatabase("plain", async (sql) => {
    await sql`create table public.fresh (id int)`;
    for (const role of ["anon", "authenticated", "service_role"] as const) {
      await assertRejects(
        () => asRole(sql, role, {}, (tx) => tx`select * from public.fresh`),
        Error,
        "permission denied for table fresh",
      );
    }
  });
});

Deno.test("the claims reach auth.uid() and auth.role() in both kinds of database", async () => {
  const sub = crypto.randomUUID();
  for (const kind of ["plain", "stack"] as const) {
    await withDatabase(kind, async (sql) => {
      const [row] = await asRole(sql, "authenticated", { sub }, (tx) =>
        tx`
        select auth.uid() as uid, auth.jwt() ->> 'role' as role, current_user as me
      `);
      assertEquals({ ...row }, { uid: sub, role: "authenticated", me: "authenticated" });
    });
  }
});

Deno.test("a broken migration is named with file and line, and leaves no trace", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${folder}/20990101000000_broken.sql`,
    "create table public.half (id int);\n\nselect\n  nope;\n",
  );
  try {
    await withDatabase("plain", async (sql, database) => {
      await assertRejects(
        () => migrate(database.url, folder),
        MigrationError,
        `20990101000000_broken.sql:4: column "nope" does not exist`,
      );
      const [row] = await sql`select to_regclass('public.half') as half`;
      assertEquals(row?.half, null);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
