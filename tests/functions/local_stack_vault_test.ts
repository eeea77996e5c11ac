import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { asRole, withDatabase } from "../support/database.ts";

Deno.test("a secret is read by name through the view, and updated by its id", async () => {
  await withDatabase("plain", async (sql) => {
    const [made] = await sql`select vault.create_secret('open sesame', 'cave', 'the door') as id`;
    const [read] = await sql`select * from vault.decrypted_secrets where name = 'cave'`;
    assertEquals([read?.id, read?.decrypted_secret, read?.description], [
      made?.id,
      "open sesame",
      "the door",
    ]);
    assertNotEquals(read?.secret, "open sesame");
    await sql`select vault.update_secret(${made?.id}, 'open rye')`;
    const [changed] = await sql`select decrypted_secret, name from vault.decrypted_secrets`;
    assertEquals({ ...changed }, { decrypted_secret: "open rye", name: "cave" });
    await assertRejects(
      () => sql`select vault.create_secret('again', 'cave')`.execute(),
      Error,
      "duplicate key",
    );
  });
});

Deno.test("a user cannot read secrets, a function of postgres can", async () => {
  await withDatabase("plain", async (sql) => {
    await sql`select vault.create_secret('https://x.example', 'project_url')`;
    await sql`
      create function public.project_url() returns text language sql security definer set search_path = '' as
      $$ select decrypted_secret from vault.decrypted_secrets where name = 'project_url' $$
    `;
    for (const role of ["anon", "authenticated"] as const) {
      await assertRejects(
        () => asRole(sql, role, {}, (tx) => tx`select * from vault.decrypted_secrets`),
        Error,
        "permission denied for schema vault",
      );
    }
    const [row] = await asRole(sql, "authenticated", {}, (tx) => tx`select public.project_url() as url`);
    assertEquals(row?.url, "https://x.example");
  });
});
