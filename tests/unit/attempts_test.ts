import { assertEquals } from "@std/assert";
import { DatabaseError } from "../../supabase/functions/_shared/platform/database.ts";
import {
  describeFault,
  ZohoCallError,
  ZohoTokenError,
} from "../../supabase/functions/_shared/zoho/faults.ts";

Deno.test("a fault of ours is reported by its code and sentence", () => {
  assertEquals(
    describeFault(new ZohoCallError("TIMEOUT", "no answer within 30000 ms")),
    "TIMEOUT: no answer within 30000 ms",
  );
  assertEquals(describeFault(new ZohoTokenError("TOKEN_REFUSED", "no")), "TOKEN_REFUSED: no");
});

Deno.test("an unknown fault is reported by its class only, since its text may quote data", () => {
  assertEquals(describeFault(new TypeError("thandi@example.co.za is undefined")), "TypeError");
  // A DOMException's code is a number and no code of ours.
  assertEquals(describeFault(new DOMException("thandi", "AbortError")), "AbortError");
  assertEquals(describeFault("thandi"), "unknown fault");
});

Deno.test("a fault of the database is reported by its code and the call: what Postgres says of it may quote a row", () => {
  const fault = new DatabaseError(
    "22P02",
    "zoho_reconcile_note",
    'invalid input syntax for type uuid: "Thandi"',
  );
  assertEquals(describeFault(fault), "22P02: the database could not do zoho_reconcile_note");
});
