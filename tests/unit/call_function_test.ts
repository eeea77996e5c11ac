import { assertEquals, assertRejects } from "@std/assert";
import { createClient } from "@supabase/supabase-js";
import {
  callFunction,
  DatabaseError,
  type ServiceClient,
} from "../../supabase/functions/_shared/platform/database.ts";

Deno.test("a call that never reached the database has the code UNREACHABLE", async () => {
  const away = () => Promise.reject(new TypeError("error sending request: connection refused"));
  const db: ServiceClient = createClient("http://127.0.0.1:9", "sb_secret_x", { global: { fetch: away } });
  const error = await assertRejects(() => callFunction(db, "zoho_field_rules", {}), DatabaseError);
  assertEquals(error.code, "UNREACHABLE");
});
