import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { answer } from "../platform/http.ts";
import type { AdminCall } from "./router.ts";
import { searchTermOf } from "./search_term.ts";
import { queryOf } from "./validate.ts";

const parameters = z.strictObject({
  text: z.string().max(300),
  limit: z.coerce.number().int().min(1).max(50).default(20),
});

const shape = z.object({ items: z.array(z.record(z.string(), z.unknown())), more: z.boolean() });

/** GET /search: whatever holds the text: any part of a number, a company, a name or a Zoho id, or a link into Zoho. */
export async function search(call: AdminCall): Promise<Response> {
  const { text, limit } = queryOf(call, parameters);
  const { words, zohoId } = searchTermOf(text);
  const isShort = zohoId === null && words.join("").length < 2;
  const found = isShort ? { items: [], more: false } : await callFunction(call.db, "zoho_admin_search", {
    p_words: words,
    p_zoho_id: zohoId ?? undefined,
    p_limit: limit,
  });
  return answer({ success: true, ...shape.parse(found) });
}
