import { assertEquals } from "@std/assert";
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
